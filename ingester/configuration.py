"""What the ingester is told by its environment: feeds as JSON, resources and limits as plain variables."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from surveillance.errors import InputError
from surveillance.lanes import DEFAULT_LANES


class ConfigurationError(InputError):
    """The environment does not describe a working ingester; the message is one sentence for its owner."""


class Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One feed. `channels` and `symbols` make the subscriptions; `secret` is a Secrets Manager ARN.

    A recorded feed (`clock`) gets no statuses that depend on the wall clock. Null seconds switch a watch off.
    """

    name: str
    protocol: Literal["events", "polygon"]
    url: str
    channels: list[str] = []
    symbols: list[str] = []
    subscriptions: list[str] = []
    clock: Literal["live", "recorded"] = "live"
    resumable: bool | None = None
    secret: str | None = None
    silence_seconds: float | None = 30
    skew_seconds: float | None = 5
    heartbeat_seconds: float | None = 5

    @property
    def resumes(self) -> bool:
        """Say whether a connection can continue at a sequence number."""
        return self.protocol == "events" if self.resumable is None else self.resumable

    @property
    def live(self) -> bool:
        """Say whether the feed's clock is today's."""
        return self.clock == "live"


@dataclass(frozen=True)
class Settings:
    """Resources and limits of one ingester process."""

    feeds: tuple[Feed, ...]
    event_stream: str
    lane_bucket: str
    lease_table: str
    lanes: int = DEFAULT_LANES
    owner: str = ""
    spill_folder: Path = Path("/tmp/ingester-spill")  # noqa: S108
    spill_bytes: int = 2_000_000_000
    queue_bytes: int = 64_000_000
    gather_seconds: float = 0.01
    flush_seconds: float = 0.1
    lease_seconds: float = 10
    put_timeout_seconds: float = 5
    grace_seconds: float = 20
    health_host: str = "127.0.0.1"
    health_port: int = 8080
    metrics_seconds: float = 60

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment.

        Raises:
            ConfigurationError: something is missing or makes no sense.
        """
        given = os.environ if environment is None else environment
        lanes = int(_number(given, "LANES", DEFAULT_LANES))
        if lanes < 1:
            raise ConfigurationError(f"LANES must be at least 1, not {lanes}.")
        return cls(
            feeds=feeds_of(_required(given, "FEEDS")),
            event_stream=_required(given, "EVENT_STREAM"),
            lane_bucket=_required(given, "LANE_BUCKET"),
            lease_table=_required(given, "LEASE_TABLE"),
            lanes=lanes,
            owner=given.get("INGESTER_ID") or f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}",
            spill_folder=Path(given.get("SPILL_FOLDER") or cls.spill_folder),
            spill_bytes=int(_number(given, "SPILL_BYTES", cls.spill_bytes)),
            queue_bytes=int(_number(given, "QUEUE_BYTES", cls.queue_bytes)),
            gather_seconds=_number(given, "GATHER_MS", cls.gather_seconds * 1000) / 1000,
            flush_seconds=_number(given, "FLUSH_MS", cls.flush_seconds * 1000) / 1000,
            lease_seconds=_number(given, "LEASE_SECONDS", cls.lease_seconds),
            put_timeout_seconds=_number(given, "PUT_TIMEOUT_SECONDS", cls.put_timeout_seconds),
            grace_seconds=_number(given, "GRACE_SECONDS", cls.grace_seconds),
            health_host=given.get("HEALTH_HOST") or cls.health_host,
            health_port=int(_number(given, "HEALTH_PORT", cls.health_port)),
            metrics_seconds=_number(given, "METRICS_SECONDS", cls.metrics_seconds),
        )


def feeds_of(text: str) -> tuple[Feed, ...]:
    """Read the JSON list of feeds.

    Raises:
        ConfigurationError: no JSON, an unknown key, a duplicate name, nothing to subscribe to.
    """
    try:
        feeds = tuple(msgspec.json.decode(text, type=list[Feed]))
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"FEEDS is not a JSON list of feeds: {error}.") from error
    if not feeds:
        raise ConfigurationError("FEEDS names no feed.")
    for feed in feeds:
        _check(feed)
    names = [feed.name for feed in feeds]
    if len(set(names)) < len(names):
        raise ConfigurationError("Two feeds of FEEDS have the same name.")
    return feeds


def _check(feed: Feed) -> None:
    if not feed.name or "/" in feed.name or feed.name in (".", ".."):
        raise ConfigurationError(f"A feed's name must not be empty or hold a slash: {feed.name!r}.")
    if not feed.url.startswith(("ws://", "wss://")):
        raise ConfigurationError(f"Feed {feed.name}: url must begin with ws:// or wss://.")
    if feed.protocol == "events" and not feed.channels:
        raise ConfigurationError(f"Feed {feed.name}: an events feed needs channels.")
    if feed.protocol == "events" and "status" in feed.channels:
        raise ConfigurationError(f"Feed {feed.name}: the channel name status belongs to the ingester's own events.")
    if feed.protocol == "polygon" and not (feed.subscriptions or feed.channels):
        raise ConfigurationError(f"Feed {feed.name}: a polygon feed needs subscriptions or channels.")
    if feed.protocol == "polygon" and feed.resumable:
        raise ConfigurationError(f"Feed {feed.name}: the polygon protocol cannot resume.")


def _required(given: Mapping[str, str], name: str) -> str:
    value = given.get(name)
    if not value:
        raise ConfigurationError(f"The environment variable {name} is not set.")
    return value


def _number(given: Mapping[str, str], name: str, default: float) -> float:
    text = given.get(name)
    if not text:
        return float(default)
    try:
        value = float(text)
    except ValueError:
        raise ConfigurationError(f"The environment variable {name} is not a number: {text!r}.") from None
    if value < 0:
        raise ConfigurationError(f"The environment variable {name} must not be negative: {text}.")
    return value
