"""Alerts reach people and machines: readable, filterable, named once each, never faster than the topic bears."""

import json
from typing import Any

import boto3
import pytest
from surveillance import alerts
from surveillance.adapters.alert_table import AlertTable, Stored
from surveillance.adapters.announcement_text import MESSAGE_LIMIT_BYTES, Announcement, digests, feed_change, one_alert
from surveillance.adapters.feed_watch import FeedWatch
from surveillance.adapters.notifications import Announcer, Topic
from surveillance.adapters.publish_slots import PublishSlots
from surveillance.alerts import Alert

from tests.adapters.aws_tables import alert, make_tables

LINK = "https://alerts.example/{alert_id}"
SECOND = 1_000_000_000


class Clock:
    """A wall clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_700_000_000 * SECOND

    def __call__(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += round(seconds * 1e9)


class Publisher:
    """An SNS client that notes what was published, and when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.sent: list[dict[str, Any]] = []
        self.times: list[int] = []
        self.failures = 0

    def publish(self, **message: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the topic is away")
        self.sent.append(message)
        self.times.append(self._clock())

    def named(self) -> list[tuple[str, int]]:
        """Give every (alert_id, revision) that a machine reads out of the messages."""
        found = []
        for message in self.sent:
            body = json.loads(json.loads(message["Message"])["default"])
            found += [(one["alert_id"], one["revision"]) for one in body.get("digest", [body])]
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def publisher(clock: Clock) -> Publisher:
    return Publisher(clock)


@pytest.fixture
def dynamodb(aws: None) -> Any:
    return make_tables()


@pytest.fixture
def table(dynamodb: Any) -> AlertTable:
    return AlertTable(dynamodb, "alerts")


@pytest.fixture
def topic(dynamodb: Any, clock: Clock, publisher: Publisher) -> Topic:
    return Topic(publisher, "arn:topic", PublishSlots(dynamodb, "leases", "alerts", clock, clock.sleep))


@pytest.fixture
def announcer(table: AlertTable, topic: Topic) -> Announcer:
    return Announcer(table, topic, LINK)


def test_an_email_says_what_where_when_why_and_how_to_stop() -> None:
    told = one_alert(alert(candidate=True), LINK)
    assert told.subject == "MEDIUM quote stuffing in AAPL"
    assert told.texts["email"].splitlines()[:5] == [
        "What: quote stuffing by A-1, severity medium, score 1.00.",
        "Where: AAPL on XNAS.",
        "When: 2023-11-14 22:13:20 UTC (17:13:20 America/New_York) "
        "to 2023-11-14 22:13:21 UTC (17:13:21 America/New_York).",
        "This is a candidate: the data cannot say who did it.",
        "",
    ]
    assert "Why: It sent 812 messages in 1.0 s (10:00). Usual are 40. None traded.\n" in told.texts["email"]
    assert f"More: https://alerts.example/{alert().alert_id}" in told.texts["email"]
    assert "unsubscribe" in told.texts["email"]


def test_subject_and_sms_keep_their_limits_whatever_the_names() -> None:
    long = alert(symbol="Ünïcode" * 40, explanation="1. " + "very " * 80 + "long.")
    for told in (one_alert(long, LINK), *digests([long] * 3, LINK), feed_change("f" * 300, 0, SECOND)):
        assert told.subject.isascii()
        assert "\n" not in told.subject
        assert len(told.subject) <= 100
        assert told.texts["sms"].isascii()
        assert len(told.texts["sms"]) <= 160


def test_machines_read_the_whole_alert() -> None:
    assert alerts.decode(one_alert(alert(), LINK).texts["default"]) == alert()


def test_a_single_alert_is_filtered_by_strings_and_a_digest_by_lists(topic: Topic, publisher: Publisher) -> None:
    topic.publish(one_alert(alert(), LINK))
    (digest,) = digests([alert("a"), alert("b", severity="high", rule="spoofing", candidate=True)], LINK)
    topic.publish(digest)
    single, several = (message["MessageAttributes"] for message in publisher.sent)
    assert single["severity"] == {"DataType": "String", "StringValue": "medium"}
    assert single["candidate"] == {"DataType": "String", "StringValue": "false"}
    assert several["severity"] == {"DataType": "String.Array", "StringValue": '["medium","high"]'}
    assert several["rule"] == {"DataType": "String.Array", "StringValue": '["quote_stuffing","spoofing"]'}


def test_digests_name_every_alert_within_the_size_limit() -> None:
    many = [alert(str(number), symbol=f"SYMBOL-{number}") for number in range(2000)]
    told = digests(many, LINK)
    assert len(told) > 1
    assert [one for digest in told for one in digest.alerts] == many
    for digest in told:
        assert len(json.dumps(digest.texts).encode()) < 256 * 1024 - 8_000
        assert len(digest.message.encode()) <= MESSAGE_LIMIT_BYTES + 2_000
        named = {one["alert_id"] for one in json.loads(digest.texts["default"])["digest"]}
        assert named == {one.alert_id for one in digest.alerts}
        assert all(one in digest.texts["email"] for one in named)


class Ledger:
    """As much of an alert table as announcing needs, fast enough for a storm."""

    def __init__(self, held: list[Alert]) -> None:
        self._held = {one.alert_id: one for one in held}
        self.wanted = set(self._held)

    def read(self, alert_ids: list[str]) -> list[Stored]:
        return [Stored(self._held[one], one in self.wanted) for one in alert_ids]

    def announced(self, told: Alert) -> None:
        self.wanted.discard(told.alert_id)


def test_a_storm_of_a_thousand_alerts_is_told_at_most_five_times_a_second(
    topic: Topic, publisher: Publisher, clock: Clock
) -> None:
    storm = [alert(str(number)) for number in range(1000)]
    ledger: Any = Ledger(storm)
    announcer = Announcer(ledger, topic, LINK)
    began = clock()
    for start in range(0, 1000, 100):
        announcer.announce([one.alert_id for one in storm[start : start + 100]])
    assert sorted(publisher.named()) == sorted((one.alert_id, 1) for one in storm)
    assert all(later - earlier > SECOND for earlier, later in zip(publisher.times, publisher.times[5:], strict=False))
    assert clock() - began < 15 * SECOND
    assert not ledger.wanted


def test_two_announcers_share_the_turns(dynamodb: Any, clock: Clock) -> None:
    turns = []
    both = [PublishSlots(dynamodb, "leases", "alerts", clock, clock.sleep) for _ in range(2)]
    for number in range(20):
        both[number % 2].wait()
        turns.append(clock())
    assert all(later - earlier > SECOND for earlier, later in zip(turns, turns[5:], strict=False))


def test_an_alert_told_is_not_told_again(table: AlertTable, announcer: Announcer, publisher: Publisher) -> None:
    table.write(alert())
    for _ in range(3):
        announcer.announce([alert().alert_id])
    assert announcer.sweep() == []
    assert publisher.named() == [(alert().alert_id, 1)]


def test_the_sweep_tells_what_a_failing_topic_left_untold(
    table: AlertTable, announcer: Announcer, publisher: Publisher
) -> None:
    table.write(alert())
    publisher.failures = 1
    with pytest.raises(ConnectionError):
        announcer.announce([alert().alert_id])
    assert announcer.backlog() == 1
    announcer.sweep()
    assert publisher.named() == [(alert().alert_id, 1)]
    assert announcer.backlog() == 0


def test_a_risen_severity_is_told_with_its_revision(
    table: AlertTable, announcer: Announcer, publisher: Publisher
) -> None:
    table.write(alert())
    announcer.sweep()
    table.write(alert(revision=2))
    announcer.sweep()
    table.write(alert(revision=3, severity="high"))
    announcer.sweep()
    assert publisher.named() == [(alert().alert_id, 1), (alert().alert_id, 3)]


def test_a_dead_feed_is_told_once_and_its_return_once(dynamodb: Any, topic: Topic, publisher: Publisher) -> None:
    watch = FeedWatch(dynamodb, "leases", topic, limit_s=60)
    now = 1_700_000_000 * SECOND

    def beat(at: int) -> None:
        dynamodb.update_item(
            TableName="leases",
            Key={"feed": {"S": "venue"}},
            UpdateExpression="SET heartbeat = :at",
            ExpressionAttributeValues={":at": {"N": str(at)}},
        )

    beat(now)
    assert watch.check(["venue"], now + 60 * SECOND) == {"venue": 60.0}
    assert publisher.sent == []
    for _ in range(3):
        watch.check(["venue"], now + 61 * SECOND)
    assert [message["Subject"] for message in publisher.sent] == ["CRITICAL Feed venue is down"]
    beat(now + 100 * SECOND)
    for _ in range(3):
        watch.check(["venue"], now + 101 * SECOND)
    assert [message["Subject"] for message in publisher.sent[1:]] == ["Feed venue is back"]


def test_sns_itself_takes_what_is_published(aws: None, clock: Clock) -> None:
    dynamodb = make_tables()
    sns = boto3.client("sns")
    arn = sns.create_topic(Name="alerts")["TopicArn"]
    topic = Topic(sns, arn, PublishSlots(dynamodb, "leases", "alerts", clock, clock.sleep))
    messages: list[Announcement] = [one_alert(alert(), LINK), *digests([alert("a"), alert("b")], LINK)]
    for message in messages:
        topic.publish(message)
