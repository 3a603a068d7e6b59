"""What a rule hands back when its evidence is complete, and the words it tells it with."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Finding(msgspec.Struct, kw_only=True):
    """One trigger. Orders, trades and accounts are engine keys in order of appearance; sentences bear no numbers."""

    start_ts: int
    end_ts: int
    sentences: list[str]
    orders: Sequence[int] = ()
    trades: Sequence[int] = ()
    accounts: Sequence[int] = ()
    candidate: bool = False
    tier: int = 0
    severity: str | None = None
    first_evidence: str | None = None
    detected_ts: int | None = None
    metrics: dict[str, float] = {}
    thresholds: dict[str, float] = {}
    baselines: dict[str, float] = {}


class Story:
    """Names and moments as a reader wants them: UTC, with venue-local time in brackets where it is known."""

    def __init__(
        self,
        symbol: str,
        account: Callable[[int], str],
        text: Callable[[str], str | None],
        zone: ZoneInfo | None,
    ) -> None:
        self.symbol = symbol
        self._account = account
        self._text = text
        self._zone = zone

    def text(self, field: str) -> str | None:
        """Give a text field of the event that completed the evidence."""
        return self._text(field)

    def who(self, account: int) -> str:
        """Name an account, or say that the feed does not."""
        return f"Account {self._account(account)}" if account else "An unnamed participant"

    def at(self, ts: int) -> str:
        """Give a moment to the millisecond."""
        moment = _EPOCH + timedelta(microseconds=ts // 1000)
        text = f"{_clock(moment)}.{ts // 1_000_000 % 1000:03d} UTC"
        if self._zone is None:
            return text
        local = moment.astimezone(self._zone)
        return f"{text} ({_clock(local)} {local.tzname()})" if local.utcoffset() else text


def _clock(moment: datetime) -> str:
    return f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"


def amount(value: float) -> str:
    """Write a price or quantity without trailing noise."""
    return f"{value:,.8f}".rstrip("0").rstrip(".") if value == value else "market"


def duration(ns: int) -> str:
    """Write a time span in the unit a reader would use."""
    if 0 <= ns < 1_000:
        return "less than 1 µs"
    if ns < 1_000_000:
        return f"{ns / 1000:.0f} µs"
    if ns < 1_000_000_000:
        return f"{ns / 1_000_000:.0f} ms"
    if ns < 120_000_000_000:
        return f"{ns / 1_000_000_000:.1f} s"
    return f"{ns / 60_000_000_000:.1f} min"


def side_word(side: int) -> str:
    """Give buy for 1 and sell for −1."""
    return "buy" if side > 0 else "sell"
