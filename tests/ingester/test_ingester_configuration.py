"""Configuration errors are one clear sentence that names what is wrong."""

import json
from typing import Any

import pytest

from ingester.configuration import ConfigurationError, Settings, feeds_of

FEED: dict[str, Any] = {"name": "venue", "protocol": "events", "url": "ws://127.0.0.1:1", "channels": ["orders"]}
COMPLETE = {"FEEDS": json.dumps([FEED]), "EVENT_STREAM": "s", "LANE_BUCKET": "b", "LEASE_TABLE": "t"}


def test_complete_environment_is_read_with_defaults() -> None:
    settings = Settings.read({**COMPLETE, "LANES": "8", "FLUSH_MS": "50"})
    assert (settings.lanes, settings.flush_seconds, settings.health_host) == (8, 0.05, "127.0.0.1")
    assert settings.feeds[0].resumes
    assert settings.owner


@pytest.mark.parametrize("missing", list(COMPLETE))
def test_missing_variable_is_named(missing: str) -> None:
    with pytest.raises(ConfigurationError, match=missing):
        Settings.read({name: value for name, value in COMPLETE.items() if name != missing})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "http://x"}, "must begin with ws"),
        ({"channels": []}, "needs channels"),
        ({"channels": ["status"]}, "belongs to the ingester"),
        ({"name": "a/b"}, "slash"),
        ({"protocol": "fix"}, "Invalid enum value 'fix'"),
        ({"chanels": []}, "chanels"),
        ({"protocol": "polygon", "resumable": True}, "cannot resume"),
        ({"protocol": "polygon", "channels": []}, "subscriptions or channels"),
    ],
)
def test_feed_that_makes_no_sense_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        feeds_of(json.dumps([{**FEED, **change}]))


@pytest.mark.parametrize(("text", "words"), [("[]", "no feed"), ("{", "not a JSON list"), ("{}", "not a JSON list")])
def test_text_that_is_no_list_of_feeds_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        feeds_of(text)


def test_two_feeds_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="same name"):
        feeds_of(json.dumps([FEED, FEED]))


@pytest.mark.parametrize(("name", "value"), [("LANES", "many"), ("LANES", "0"), ("QUEUE_BYTES", "-1")])
def test_number_that_is_none_is_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.read({**COMPLETE, name: value})
