"""What people would have received: announcements by e-mail, SMS and webhook, from the queues that stand for them."""

import json
import threading
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

PREFIX = "outbox"
JOURNAL = "status/outbox.ndjson"
"""Where, in a stack's folder, the messages stand that were read so far."""
PROTOCOLS = ("email", "email-json", "sms", "http", "https")


class Message(msgspec.Struct, frozen=True):
    """One announcement as one subscriber would have got it. `attributes` are the message attributes' plain values.

    `sent_at` is when SNS took it, ISO 8601.
    """

    protocol: str
    address: str
    subject: str
    body: str
    message_id: str
    attributes: dict[str, str]
    sent_at: str = ""


class Mailbox(msgspec.Struct, frozen=True):
    """A subscriber: how and where they are reached, and the queue that stands for them."""

    protocol: str
    address: str
    queue_url: str


def queue_name(protocol: str, *seed: str) -> str:
    """Name the queue of a subscription so that its protocol can be read back."""
    digest = blake2b("\0".join(seed).encode(), digest_size=6).hexdigest()
    return f"{PREFIX}-{protocol}-{digest}"


def protocol_of_queue(name: str) -> str | None:
    """Give the protocol that a queue stands for, or None for a queue that stands for itself."""
    if not name.startswith(f"{PREFIX}-"):
        return None
    protocol = name.removeprefix(f"{PREFIX}-").rpartition("-")[0]
    return protocol if protocol in PROTOCOLS else None


class Outbox:
    """The messages so far. Reading moves them out of the queues into this object, in the order of arrival, and into a
    journal (NDJSON) that other processes may read. Many threads may read.
    """

    def __init__(self, sqs: Any, mailboxes: list[Mailbox], journal: Path | None = None) -> None:
        self._sqs = sqs
        self.mailboxes = mailboxes
        self._journal = journal
        self._messages: list[Message] = []
        self._reading = threading.Lock()

    def read(self) -> list[Message]:
        """Give all messages ever received, oldest first within one mailbox."""
        with self._reading:
            for mailbox in self.mailboxes:
                for message in self._drain(mailbox):
                    self._messages.append(message)
                    self._write(message)
            return list(self._messages)

    def _write(self, message: Message) -> None:
        if self._journal is not None:
            self._journal.parent.mkdir(parents=True, exist_ok=True)
            with self._journal.open("ab") as journal:
                journal.write(msgspec.json.encode(message) + b"\n")

    def _drain(self, mailbox: Mailbox) -> Iterator[Message]:
        while True:
            answer = self._sqs.receive_message(QueueUrl=mailbox.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
            received = answer.get("Messages", [])
            if not received:
                return
            for message in received:
                yield _message(mailbox, json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=mailbox.queue_url, ReceiptHandle=message["ReceiptHandle"])


def _message(mailbox: Mailbox, envelope: dict[str, Any]) -> Message:
    attributes = envelope.get("MessageAttributes") or {}
    return Message(
        protocol=mailbox.protocol,
        address=mailbox.address,
        subject=envelope.get("Subject") or "",
        body=envelope.get("Message") or "",
        message_id=envelope.get("MessageId") or "",
        attributes={name: value.get("Value", "") for name, value in attributes.items()},
        sent_at=envelope.get("Timestamp") or "",
    )
