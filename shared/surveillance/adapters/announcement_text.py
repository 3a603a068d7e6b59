"""What people and machines are told of an alert: e-mail, SMS and JSON. Pure text, no I/O."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from surveillance.alerts import Alert, severity_rank

SUBJECT_LIMIT: Final = 100
SMS_LIMIT: Final = 160
MESSAGE_LIMIT_BYTES: Final = 240_000
"""SNS takes 256 KB a message, attributes included."""
ATTRIBUTE_VALUES: Final = 200

VENUE_ZONES: Final = {
    "XNAS": "America/New_York",
    "XNYS": "America/New_York",
    "ARCX": "America/New_York",
    "BATS": "America/New_York",
    "IEXG": "America/New_York",
    "XCME": "America/Chicago",
    "XLON": "Europe/London",
    "XETR": "Europe/Berlin",
    "XPAR": "Europe/Paris",
    "XTKS": "Asia/Tokyo",
    "XHKG": "Asia/Hong_Kong",
}
"""ISO 10383 codes whose local time is told beside UTC."""

HOW_TO_STOP: Final = (
    "To stop these e-mails, use the unsubscribe link at the end of this message, "
    "or ask the owner of the alert topic to narrow your subscription by severity, rule or symbol."
)
_encoder = msgspec.json.Encoder()


class Announcement(msgspec.Struct, frozen=True):
    """One message: a subject of at most 100 ASCII characters, a text a protocol, and what subscribers filter by."""

    subject: str
    texts: dict[str, str]
    attributes: dict[str, list[str]]
    alerts: tuple[Alert, ...] = ()

    @property
    def message(self) -> str:
        """Give the message with one text a protocol."""
        return _encoder.encode(self.texts).decode()


def one_alert(alert: Alert, link: str) -> Announcement:
    """Tell of one alert. `link` may hold `{alert_id}`."""
    named = _ascii(f"{alert.severity.upper()} {_title(alert)} in {alert.symbol}")
    return Announcement(
        subject=named[:SUBJECT_LIMIT],
        texts={
            "default": _encoder.encode(_for_machines(alert)).decode(),
            "email": _email(alert, link),
            "sms": _cut(f"{named}, {_clock(alert.detected_ts)} UTC. {_ascii(sentences(alert.explanation)[0])}"),
        },
        attributes=_attributes([alert]),
        alerts=(alert,),
    )


def digests(alerts: Sequence[Alert], link: str) -> list[Announcement]:
    """Tell of many alerts at once, in as few messages as the size limit allows; every alert is named."""
    parts: list[list[Alert]] = [[]]
    size = 0
    for alert in alerts:
        named = len(_encoder.encode(_named(alert))) + 2 * len(_line(alert, link).encode()) + 64
        if parts[-1] and size + named > MESSAGE_LIMIT_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(alert)
        size += named
    return [_digest(part, link, number, len(parts)) for number, part in enumerate(parts, start=1) if part]


def _digest(alerts: Sequence[Alert], link: str, number: int, parts: int) -> Announcement:
    worst = max(alerts, key=lambda alert: severity_rank(alert.severity))
    part = f" (part {number} of {parts})" if parts > 1 else ""
    subject = _ascii(f"{len(alerts)} alerts, up to {worst.severity.upper()}{part}")
    email = "\n".join(
        [
            f"{len(alerts)} alerts came faster than they could be sent one by one.",
            "",
            *(_line(alert, link) for alert in alerts),
            "",
            HOW_TO_STOP,
        ]
    )
    rules = ", ".join(sorted({_title(alert) for alert in alerts}))
    return Announcement(
        subject=subject[:SUBJECT_LIMIT],
        texts={
            "default": _encoder.encode({"digest": [_named(alert) for alert in alerts]}).decode(),
            "email": email,
            "sms": _cut(_ascii(f"{subject}: {rules}. Worst: {_title(worst)} in {worst.symbol}.")),
        },
        attributes=_attributes(alerts),
        alerts=tuple(alerts),
    )


def feed_change(feed: str, since_ns: int | None, now_ns: int) -> Announcement:
    """Tell that a feed's ingester is gone (`since_ns`: its last sign of life, 0 if none ever) or back (None)."""
    if since_ns is None:
        subject, state = f"Feed {feed} is back", "back"
        text = f"The ingester of feed {feed} gives signs of life again at {_moment(now_ns)}."
    else:
        subject, state = f"CRITICAL Feed {feed} is down", "down"
        last = f"It last did at {_moment(since_ns)}." if since_ns else "It never did."
        text = (
            f"The ingester of feed {feed} gives no sign of life at {_moment(now_ns)}. {last} Nothing of it is watched."
        )
    machine = {"feed": feed, "state": state, "at_ts": now_ns, "since_ts": since_ns}
    return Announcement(
        subject=_ascii(subject)[:SUBJECT_LIMIT],
        texts={
            "default": _encoder.encode(machine).decode(),
            "email": f"{text}\n\n{HOW_TO_STOP}\n",
            "sms": _cut(_ascii(text)),
        },
        attributes={"severity": ["critical"], "rule": ["feed_watch"], "symbol": ["*"], "candidate": ["false"]},
    )


def _email(alert: Alert, link: str) -> str:
    where = f"{alert.symbol} on {alert.venue}" if alert.venue else alert.symbol
    who = f" by {', '.join(alert.accounts)}" if alert.accounts else ""
    sure = "This is a candidate: the data cannot say who did it.\n" if alert.candidate else ""
    return (
        f"What: {_title(alert)}{who}, severity {alert.severity}, score {alert.score:.2f}.\n"
        f"Where: {where}.\n"
        f"When: {_moment(alert.start_ts, alert.venue)} to {_moment(alert.end_ts, alert.venue)}.\n"
        f"{sure}\n"
        f"Why: {' '.join(sentences(alert.explanation)[:3])}\n\n"
        f"More: {link.format(alert_id=alert.alert_id)}\n\n"
        f"{HOW_TO_STOP}\n"
    )


def _line(alert: Alert, link: str) -> str:
    moment = _clock(alert.detected_ts)
    return (
        f"- {alert.severity} {_title(alert)} in {alert.symbol} at {moment} UTC: {link.format(alert_id=alert.alert_id)}"
    )


def _title(alert: Alert) -> str:
    return alert.rule.replace("_", " ")


def _for_machines(alert: Alert) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(alert)
    return {key: value for key, value in fields.items() if value is not None}


def _named(alert: Alert) -> dict[str, Any]:
    return {
        "alert_id": alert.alert_id,
        "revision": alert.revision,
        "rule": alert.rule,
        "severity": alert.severity,
        "symbol": alert.symbol,
        "candidate": alert.candidate,
        "detected_ts": alert.detected_ts,
    }


def _attributes(alerts: Sequence[Alert]) -> dict[str, list[str]]:
    return {
        "severity": sorted({alert.severity for alert in alerts}, key=severity_rank),
        "rule": sorted({alert.rule for alert in alerts})[:ATTRIBUTE_VALUES],
        "symbol": sorted({alert.symbol for alert in alerts})[:ATTRIBUTE_VALUES],
        "candidate": sorted({str(alert.candidate).lower() for alert in alerts}),
    }


def sentences(explanation: str) -> list[str]:
    """Cut "1. One. 2. Two." into its numbered sentences, numbers off; other numbers before a full stop stay."""
    found = []
    rest = re.sub(r"^\s*1\.\s+", "", explanation)
    number = 2
    while (following := re.search(rf"(?<=[.!?)])\s+{number}\.\s+", rest)) is not None:
        found.append(rest[: following.start()].strip())
        rest = rest[following.end() :]
        number += 1
    return [*found, rest.strip()]


def _moment(ts: int, venue: str | None = None) -> str:
    moment = datetime.fromtimestamp(ts // 1_000_000_000, UTC)
    zone = venue_zone(venue)
    local = f" ({moment.astimezone(zone):%H:%M:%S} {zone.key})" if zone else ""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC{local}"


def venue_zone(venue: str | None) -> ZoneInfo | None:
    """Give the venue's time zone, where both it and the zone's rules are known here."""
    try:
        return ZoneInfo(VENUE_ZONES[venue or ""])
    except (KeyError, ZoneInfoNotFoundError):
        return None


def _clock(ts: int) -> str:
    return f"{datetime.fromtimestamp(ts // 1_000_000_000, UTC):%H:%M:%S}"


def _ascii(text: str) -> str:
    return " ".join(text.encode("ascii", "replace").decode().split())


def _cut(text: str) -> str:
    return text if len(text) <= SMS_LIMIT else text[: SMS_LIMIT - 3] + "..."
