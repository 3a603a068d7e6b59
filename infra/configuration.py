"""What a deployment can choose: the CDK context, read once, checked, and turned into values."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aws_cdk import RemovalPolicy
from surveillance.alerts import SEVERITIES
from surveillance.errors import InputError
from surveillance.history.plan import named

LANES_LOCK: Final = Path(__file__).with_name("lanes.lock")
PRODUCTION: Final = "production"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
STREAM_HOURS_RANGE: Final = (24, 8760)
FEED_DEFAULTS: Final[Mapping[str, object]] = {
    "channels": [],
    "symbols": [],
    "subscriptions": [],
    "clock": "live",
    "resumable": False,
    "secret": None,
    "silence_seconds": 30,
    "skew_seconds": 5,
    "heartbeat_seconds": 5,
}


class ConfigurationError(ValueError):
    """The context does not describe a deployment; the message says which key, and what would do."""


@dataclass(frozen=True)
class Subscription:
    """One receiver of alerts, with the lowest severity it wants and, if it says so, its symbols and rules."""

    protocol: str
    endpoint: str
    alert_severity: str
    symbols: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def severities(self) -> list[str]:
        """Give the severities at or above the one asked for."""
        return list(SEVERITIES[SEVERITIES.index(self.alert_severity) :])


@dataclass(frozen=True)
class Retention:
    """How long things are kept."""

    stream_hours: int
    log_days: int
    lake_days: int
    function_log_days: int


@dataclass(frozen=True)
class HistoryChoice:
    """What is collected each day (`source/dataset`), and the secret of each source: an ARN, or a word."""

    datasets: tuple[str, ...]
    secrets: Mapping[str, str]
    scan_gigabytes: int


@dataclass(frozen=True)
class DashboardsChoice:
    """Who looks at the dashboards and who may change them: ARNs of users, groups or namespaces of QuickSight."""

    authors: tuple[str, ...]
    readers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Configuration:
    """One deployment."""

    environment: str
    delete_data: bool
    lanes: int
    shards: int
    fan_out: bool
    bundle: bool
    symbols: tuple[str, ...]
    feeds: tuple[Mapping[str, Any], ...]
    subscriptions: tuple[Subscription, ...]
    operator_emails: tuple[str, ...]
    alert_link: str | None
    retention: Retention
    history: HistoryChoice | None
    dashboards: DashboardsChoice | None = None

    @property
    def removal_policy(self) -> RemovalPolicy:
        """Give DESTROY only if both switches agree: `delete_data`, and an environment that is not production."""
        return RemovalPolicy.DESTROY if self.deletes_data else RemovalPolicy.RETAIN

    @property
    def deletes_data(self) -> bool:
        """Tell whether deleting a stack deletes its data."""
        return self.delete_data and self.environment != PRODUCTION

    def stack_name(self, part: str) -> str:
        """Give the physical name of a stack."""
        return f"surveillance-{self.environment}-{part}"


def read(context: Callable[[str], object], lanes_lock: Path = LANES_LOCK) -> Configuration:
    """Read a deployment from a context look-up; raises `ConfigurationError`.

    Values may be JSON, or the text that `cdk -c key=value` hands over.
    """
    environment = _matching(context, "environment", r"[a-z][a-z0-9-]{0,19}")
    symbols = _texts("symbols", _listed(context("symbols")))
    lanes = _whole(context, "lanes", 1, 4096)
    locked = int(lanes_lock.read_text(encoding="utf-8"))
    if lanes != locked:
        raise ConfigurationError(
            f"lanes is {lanes}, but this stream was laid out with {locked} ({lanes_lock.name}): the lane count is "
            "fixed for a stream's life, because state, checkpoints and lane logs belong to a lane."
        )
    retention = _decoded(context("retention")) or {}
    if not isinstance(retention, Mapping):
        raise ConfigurationError("retention must be an object of whole numbers.")
    return Configuration(
        environment=environment,
        delete_data=_switch(context, "delete_data"),
        lanes=lanes,
        shards=_whole(context, "shards", 1, lanes),
        fan_out=_switch(context, "fan_out"),
        bundle=_switch(context, "bundle"),
        symbols=symbols,
        feeds=_feeds(_listed(context("feeds")), symbols),
        subscriptions=(
            *_subscriptions("emails", "email", context, r"[^@\s]+@[^@\s]+\.[^@\s]+", "low"),
            *_subscriptions("phones", "sms", context, r"\+[1-9]\d{6,14}", "high"),
            *_subscriptions("webhooks", "https", context, r"https://\S+", "low"),
        ),
        operator_emails=_texts("operator_emails", _listed(context("operator_emails"))),
        alert_link=_link(context("alert_link")),
        retention=Retention(
            stream_hours=_whole(retention.get, "stream_hours", *STREAM_HOURS_RANGE),
            log_days=_whole(retention.get, "log_days", 1, 36500),
            lake_days=_whole(retention.get, "lake_days", 1, 36500),
            function_log_days=_whole(retention.get, "function_log_days", 1, 3653),
        ),
        history=_history(_decoded(context("history"))),
        dashboards=_dashboards(_decoded(context("dashboards"))),
    )


def _dashboards(given: object) -> DashboardsChoice | None:
    if given is None or given == "":
        return None
    value: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    if not isinstance(given, Mapping) or set(value) - {"authors", "readers"}:
        raise ConfigurationError("dashboards must be null, or an object with authors and readers.")
    people = {key: _texts(f"dashboards.{key}", _listed(value.get(key))) for key in ("authors", "readers")}
    for key, arns in people.items():
        for arn in arns:
            if not re.fullmatch(r"arn:aws[\w-]*:quicksight:[\w-]+:\d{12}:(user|group|namespace)/\S+", arn):
                raise ConfigurationError(f"dashboards.{key}: {arn!r} is no user, group or namespace of QuickSight.")
    if not people["authors"]:
        raise ConfigurationError("dashboards.authors must name someone who may change the dashboards.")
    return DashboardsChoice(**people)


def _history(given: object) -> HistoryChoice | None:
    if given is None:
        return None
    value: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    unknown = set(value) - {"datasets", "secrets", "scan_gigabytes"}
    if not isinstance(given, Mapping) or unknown:
        raise ConfigurationError("history must be null, or an object with datasets, secrets and scan_gigabytes.")
    datasets = _texts("history.datasets", _listed(value.get("datasets")))
    secrets = value.get("secrets")
    if not isinstance(secrets, Mapping) or not all(isinstance(secret, str) for secret in secrets.values()):
        raise ConfigurationError("history.secrets must be an object of texts: source to secret.")
    try:
        sources = {named(name).source for name in datasets}
    except InputError as error:
        raise ConfigurationError(f"history.datasets: {error}") from error
    if not sources or sources - set(secrets):
        lacking = ", ".join(sorted(sources - set(secrets))) or "any source"
        raise ConfigurationError(f"history: there is no dataset, or no secret, for {lacking}.")
    return HistoryChoice(datasets, dict(secrets), _whole(value.get, "scan_gigabytes", 1, 100_000))


def _decoded(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _listed(value: object) -> list[object]:
    decoded = _decoded(value)
    if decoded is None or decoded == "":
        return []
    if isinstance(decoded, str):
        return [part.strip() for part in decoded.split(",") if part.strip()]
    return list(decoded) if isinstance(decoded, Sequence) else [decoded]


def _texts(key: str, values: Sequence[object]) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise ConfigurationError(f"{key} must be a list of texts.")
    return tuple(str(value) for value in values)


def _switch(context: Callable[[str], object], key: str) -> bool:
    value = _decoded(context(key))
    if value not in (True, False, None):
        raise ConfigurationError(f"{key} must be true or false, not {value!r}.")
    return bool(value)


def _whole(context: Callable[[str], object], key: str, least: int, most: int) -> int:
    value = _decoded(context(key))
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # jsii hands every number over as a float
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigurationError(f"{key} must be a whole number from {least} to {most}, not {value!r}.")
    return value


def _matching(context: Callable[[str], object], key: str, pattern: str) -> str:
    value = context(key)
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise ConfigurationError(f"{key} must match {pattern}, not {value!r}.")
    return value


def _link(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or "{alert_id}" not in value:
        raise ConfigurationError("alert_link must be an address that holds {alert_id}.")
    return value


def _subscriptions(
    key: str, protocol: str, context: Callable[[str], object], pattern: str, alert_severity: str
) -> list[Subscription]:
    found = []
    for value in _listed(context(key)):
        entry: Mapping[str, Any] = value if isinstance(value, Mapping) else {"endpoint": value}
        endpoint, severity = entry.get("endpoint"), entry.get("alert_severity", alert_severity)
        if not isinstance(endpoint, str) or not re.fullmatch(pattern, endpoint):
            raise ConfigurationError(f"{key}: {endpoint!r} is no address for {protocol}.")
        if severity not in SEVERITIES:
            raise ConfigurationError(f"{key}: alert_severity of {endpoint} must be one of {', '.join(SEVERITIES)}.")
        found.append(
            Subscription(
                protocol,
                endpoint,
                severity,
                _texts(f"{key}.symbols", _listed(entry.get("symbols"))),
                _texts(f"{key}.rules", _listed(entry.get("rules"))),
            )
        )
    return found


def _feeds(values: Sequence[object], symbols: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    feeds = [_feed(value, symbols) for value in values]
    if not feeds:
        raise ConfigurationError("feeds: the ingester needs at least one feed.")
    names = [feed["name"] for feed in feeds]
    if len(set(names)) != len(names):
        raise ConfigurationError("feeds: every feed needs a name of its own, because a lease belongs to a name.")
    return tuple(feeds)


def _feed(given: object, symbols: Sequence[str]) -> Mapping[str, Any]:
    value: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    name = value.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", name):
        raise ConfigurationError("feeds: a feed is an object with name, protocol and url.")
    unknown = set(value) - {"name", "protocol", "url", *FEED_DEFAULTS}
    if unknown:
        raise ConfigurationError(f"feeds: {name} has unknown keys {', '.join(sorted(unknown))}.")
    if value.get("protocol") not in ("events", "polygon"):
        raise ConfigurationError(f"feeds: protocol of {name} must be events or polygon.")
    address = urlsplit(str(value.get("url")))
    if not (address.scheme == "wss" or (address.scheme == "ws" and address.hostname in LOOPBACK)):
        raise ConfigurationError(f"feeds: url of {name} must start with wss:// (ws:// only on this machine).")
    if value.get("clock", "live") not in ("live", "recorded"):
        raise ConfigurationError(f"feeds: clock of {name} must be live or recorded.")
    feed = {**FEED_DEFAULTS, "resumable": value["protocol"] == "events", **value}
    feed["symbols"] = list(feed["symbols"]) or list(symbols)
    if not feed["channels"] and not (feed["protocol"] == "polygon" and feed["subscriptions"]):
        raise ConfigurationError(f"feeds: {name} needs channels to subscribe to.")
    for key in ("silence_seconds", "skew_seconds", "heartbeat_seconds"):
        feed[key] = _seconds(f"{key} of {name}", feed[key])
    return feed


def _seconds(key: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ConfigurationError(f"feeds: {key} must be above 0, or null to switch the watch off.")
    return int(value) if float(value).is_integer() else float(value)
