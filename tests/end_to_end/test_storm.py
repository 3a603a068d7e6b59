"""A storm of alerts is announced whole, and never faster than SNS and its subscribers bear."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from surveillance.adapters.alert_table import AlertTable
from surveillance.alerts import Alert, Completeness, identifier

from tests.end_to_end.live_run import LiveStack, Plan
from tests.end_to_end.sessions import Recording

pytestmark = pytest.mark.integration
ALERTS, STORM_S, MOST_A_SECOND = 1_000, 10.0, 5


def storm() -> Iterator[Alert]:
    for number in range(ALERTS):
        name = identifier("storm", number)
        yield Alert(
            alert_id=name, episode_key=name, revision=1, rule="price_velocity", rule_version=1, parameters_hash="0",
            severity=("low", "medium", "high", "critical")[number % 4], score=0.5, symbol=f"S{number % 50}",
            accounts=[], candidate=False, data_tier=0, start_ts=number, end_ts=number, detected_ts=number,
            order_ids=[], trade_ids=[], order_count=0, trade_count=0, metrics={}, thresholds={}, baselines={},
            completeness=Completeness(), explanation="1. It moved.\n2. It moved fast.\n3. It went on.",
        )  # fmt: skip


def received(live: LiveStack) -> list[tuple[int, str]]:
    """Take what the unfiltered subscriber got: the time (ms) at which the topic sent it, and its body."""
    sqs = live.stack.client("sqs")
    found: list[tuple[int, str]] = []
    (mailbox,) = live.stack.resources.mailboxes
    while True:
        answer = sqs.receive_message(
            QueueUrl=mailbox.queue_url, MaxNumberOfMessages=10, AttributeNames=["SentTimestamp"]
        )
        if not answer.get("Messages"):
            return found
        for message in answer["Messages"]:
            found.append((int(message["Attributes"]["SentTimestamp"]), json.loads(message["Body"])["Message"]))
            sqs.delete_message(QueueUrl=mailbox.queue_url, ReceiptHandle=message["ReceiptHandle"])


@pytest.mark.nightly
def test_a_thousand_alerts_in_ten_seconds_are_all_named_by_few_messages(live: LiveStack, simulated: Recording) -> None:
    live.prepare(simulated, Plan())
    received(live)
    table = AlertTable(live.stack.client("dynamodb"), live.stack.names["ALERT_TABLE"])
    begun = time.monotonic()

    def write(number: int, alert: Alert) -> None:
        time.sleep(max(0.0, begun + number * STORM_S / ALERTS - time.monotonic()))
        table.write(alert)

    alerts = list(storm())
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(ALERTS), alerts))
    assert time.monotonic() - begun < 1.5 * STORM_S
    live.stack.drain(240)
    messages = received(live)
    times = sorted(sent_ms for sent_ms, _ in messages)
    named = {one["alert_id"] for _, body in messages for one in _named(body)}
    assert named == {alert.alert_id for alert in alerts}
    assert max(sum(start <= sent < start + 1000 for sent in times) for start in times) <= MOST_A_SECOND
    assert len(messages) < ALERTS / 4


def _named(body: str) -> list[dict[str, str]]:
    document = msgspec.json.decode(body)
    found: list[dict[str, str]] = document.get("digest", [document])
    return found
