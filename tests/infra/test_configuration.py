"""Context is read strictly: what can't be deployed is refused in a sentence that names the key."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.app import default_context
from infra.configuration import Configuration, ConfigurationError, Subscription, read
from ingester.configuration import feeds_of


def configured(**changes: Any) -> Configuration:
    return read({**default_context(), **changes}.get)


FEED = {"name": "venue", "protocol": "events", "url": "wss://venue.example.com", "channels": ["orders"]}


def test_the_defaults_of_cdk_json_are_a_deployment() -> None:
    configuration = configured()
    assert configuration.environment == "production"
    assert configuration.lanes == 16
    assert configuration.subscriptions == ()


@pytest.mark.parametrize("lanes", [8, 17, 32, "32", 32.0])
def test_another_lane_count_is_refused(lanes: object) -> None:
    with pytest.raises(ConfigurationError, match="fixed for a stream's life"):
        configured(lanes=lanes)


def test_a_new_stream_may_be_laid_out_with_another_lane_count(tmp_path: Path) -> None:
    lock = tmp_path / "lanes.lock"
    lock.write_text("32\n")
    assert read({**default_context(), "lanes": 32}.get, lock).lanes == 32


@pytest.mark.parametrize(
    ("environment", "delete_data", "deletes"),
    [
        ("production", False, False),
        ("production", True, False),
        ("laptop", False, False),
        ("laptop", True, True),
        ("laptop", "true", True),
        ("laptop", "false", False),
    ],
)
def test_data_is_deleted_only_if_both_switches_agree(environment: str, delete_data: object, deletes: bool) -> None:
    assert configured(environment=environment, delete_data=delete_data).deletes_data is deletes


@pytest.mark.parametrize(
    "emails", [["a@b.org", "c@d.org"], "a@b.org,c@d.org", "a@b.org, c@d.org", '["a@b.org", "c@d.org"]']
)
def test_a_list_may_come_as_json_or_as_the_command_line_writes_it(emails: object) -> None:
    assert [subscription.endpoint for subscription in configured(emails=emails).subscriptions] == ["a@b.org", "c@d.org"]


def test_a_subscription_may_ask_for_a_severity_symbols_and_rules() -> None:
    entry = {"endpoint": "a@b.org", "alert_severity": "high", "symbols": "AAPL,MSFT", "rules": ["spoofing"]}
    assert configured(emails=[entry]).subscriptions == (
        Subscription("email", "a@b.org", "high", ("AAPL", "MSFT"), ("spoofing",)),
    )


def test_the_context_s_symbols_go_to_feeds_that_name_none() -> None:
    other = {**FEED, "name": "other", "symbols": ["BTC-USD"]}
    feeds = configured(symbols="AAPL,MSFT", feeds=[FEED, other]).feeds
    assert [feed["symbols"] for feed in feeds] == [["AAPL", "MSFT"], ["BTC-USD"]]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"environment": "Production!"}, "environment must match"),
        ({"shards": 17}, "shards must be a whole number from 1 to 16"),
        ({"shards": 0}, "shards must be"),
        ({"shards": 2.5}, "shards must be"),
        ({"shards": True}, "shards must be"),
        ({"delete_data": "perhaps"}, "delete_data must be true or false"),
        ({"emails": "desk"}, "emails: 'desk' is no address for email"),
        ({"phones": "0123"}, "phones: "),
        ({"webhooks": "http://example.com"}, "webhooks: "),
        (
            {"emails": [{"endpoint": "a@b.org", "alert_severity": "severe"}]},
            "must be one of low, medium, high, critical",
        ),
        ({"retention": {}}, "stream_hours must be a whole number"),
        ({"retention": 7}, "retention must be an object"),
        ({"feeds": [{}]}, "a feed is an object with name"),
        ({"feeds": [{**FEED, "protocol": "fix"}]}, "protocol of venue"),
        ({"feeds": [{**FEED, "url": "ws://venue.example.com"}]}, "must start with wss://"),
        ({"feeds": [{**FEED, "clock": "sundial"}]}, "clock of venue"),
        ({"feeds": [{**FEED, "colour": "red"}]}, "unknown keys colour"),
        ({"feeds": [{**FEED, "silence_seconds": 0}]}, "silence_seconds of venue"),
        ({"feeds": [{**FEED, "channels": []}]}, "channels"),
        ({"feeds": [FEED, FEED]}, "a name of its own"),
        ({"feeds": []}, "at least one feed"),
        ({"alert_link": "https://example.com"}, "alert_link must be an address"),
    ],
)
def test_what_cannot_be_deployed_is_refused_by_name(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        configured(**changes)


@pytest.mark.parametrize("feeds", [default_context()["feeds"], [FEED], [{**FEED, "silence_seconds": None}]])
def test_the_ingester_accepts_every_feed_the_context_may_hold(feeds: list[dict[str, Any]]) -> None:
    read_feeds = feeds_of(json.dumps(configured(feeds=feeds).feeds))
    assert [feed.name for feed in read_feeds] == [feed["name"] for feed in feeds]


def test_history_is_what_the_context_chooses_or_left_out() -> None:
    choice = configured(history={"datasets": ["fmp/grades"], "secrets": {"fmp": "fmp-key"}, "scan_gigabytes": 5})
    assert choice.history is not None
    assert (choice.history.datasets, choice.history.scan_gigabytes) == (("fmp/grades",), 5)
    assert configured(history=None).history is None


@pytest.mark.parametrize(
    ("history", "complaint"),
    [
        ("yes", "must be null, or an object"),
        ({"datasets": ["fmp/grades"], "secrets": {"fmp": "k"}, "scan": 1}, "must be null, or an object"),
        ({"datasets": ["fmp/shares"], "secrets": {"fmp": "k"}, "scan_gigabytes": 1}, "fmp shares is no dataset"),
        ({"datasets": ["fmp/grades"], "secrets": {"polygon": "k"}, "scan_gigabytes": 1}, "no secret, for fmp"),
        ({"datasets": [], "secrets": {}, "scan_gigabytes": 1}, "no dataset"),
        ({"datasets": ["fmp/grades"], "secrets": {"fmp": 1}, "scan_gigabytes": 1}, "secrets must be"),
        ({"datasets": ["fmp/grades"], "secrets": {"fmp": "k"}, "scan_gigabytes": 0}, "scan_gigabytes must be"),
    ],
)
def test_history_that_can_not_be_deployed_is_refused(history: object, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        configured(history=history)
