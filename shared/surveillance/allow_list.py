"""Allow-lists: alerts that are known to be harmless are stored as suppressed, with the reason, and not announced.

A TOML file of entries `[[allow]]`. Each says what it is about by one or more of `rules`, `symbols`, `venues`,
`accounts` and `beneficial_owners` (one text or a list of texts), why (`reason`), and until when (`expires`, a date or a
moment without quotes; UTC unless it has an offset, a date means its first moment). An alert is suppressed where every
key that an entry has fits it; accounts and owners fit only where they cover all accounts of the alert. Expiry is judged
by the alert's `detected_ts`, never by a clock, so a replay gives what was live.
"""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from surveillance.alerts import SUPPRESSED, Alert
from surveillance.errors import ParameterError
from surveillance.reference import Account

SCOPES: Final = ("rules", "symbols", "venues", "accounts", "beneficial_owners")
_KEYS: Final = (*SCOPES, "reason", "expires")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is allowed; an empty scope is about everything. From `expires_ts` on it suppresses nothing."""

    rules: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    beneficial_owners: tuple[str, ...] = ()
    reason: str
    expires_ts: int

    def fits(self, alert: Alert, owners: Mapping[str, str]) -> bool:
        """Say whether an alert is one of those; `owners` gives the beneficial owner of an account where known."""
        if self.accounts and not (alert.accounts and all(one in self.accounts for one in alert.accounts)):
            return False
        if self.beneficial_owners and not (
            alert.accounts and all(owners.get(one) in self.beneficial_owners for one in alert.accounts)
        ):
            return False
        return (
            alert.detected_ts < self.expires_ts
            and (not self.rules or alert.rule in self.rules)
            and (not self.symbols or alert.symbol in self.symbols)
            and (not self.venues or alert.venue in self.venues)
        )

    def sentence(self) -> str:
        """Give the reason with its end, as it is kept with the alert."""
        end = _EPOCH + timedelta(microseconds=self.expires_ts // 1000)
        return f"Allow-listed until {end:%Y-%m-%d %H:%M} UTC: {self.reason}"


class AllowList:
    """Entries in the order of their file, the first that fits counts."""

    def __init__(self, entries: Sequence[Entry] = (), accounts: Sequence[Account] = ()) -> None:
        self._entries = tuple(entries)
        self._owners = {each.account: each.beneficial_owner for each in accounts if each.beneficial_owner}

    def judged(self, alert: Alert) -> Alert:
        """Give the alert, suppressed where an entry fits it."""
        for entry in self._entries:
            if entry.fits(alert, self._owners):
                return msgspec.structs.replace(alert, status=SUPPRESSED, status_reason=entry.sentence())
        return alert


def read_entries(text: str, rules: Collection[str], source: str = "the allow-list") -> tuple[Entry, ...]:
    """Read the entries of a file; raises `ParameterError` for anything but what this module's page says."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(f"{source} is not TOML: {error}.") from error
    listed = tables.pop("allow", [])
    if tables:
        raise ParameterError(f"{source} has {', '.join(tables)}; it holds [[allow]] entries only.")
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise ParameterError(f"{source}: write each entry as [[allow]].")
    return tuple(_entry(each, rules, f"{source}: entry {number}") for number, each in enumerate(listed, start=1))


def _entry(table: Mapping[str, Any], rules: Collection[str], title: str) -> Entry:
    for key in table:
        if key not in _KEYS:
            raise ParameterError(f"{title} has no key {key}{_hint(key, _KEYS)}.")
    reason = table.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise ParameterError(f"{title} needs a reason, as text.")
    scopes = {key: _texts(table[key], f"{title}: {key}") for key in SCOPES if key in table}
    if not scopes:
        raise ParameterError(f"{title} would suppress everything; name {', '.join(SCOPES[:-1])} or {SCOPES[-1]}.")
    for rule in scopes.get("rules", ()):
        if rule not in rules:
            raise ParameterError(f"{title}: {rule} is no rule{_hint(rule, rules)}.")
    return Entry(**scopes, reason=" ".join(reason.split()), expires_ts=_moment(table.get("expires"), title))


def _texts(value: Any, title: str) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed or not all(isinstance(each, str) and each for each in listed):
        raise ParameterError(f"{title} must be a text or a list of texts, not {value!r}.")
    return tuple(listed)


def _moment(value: Any, title: str) -> int:
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif value is None:
        raise ParameterError(f"{title} needs expires, a UTC date or moment such as 2027-01-31 or 2027-01-31T17:00:00Z.")
    else:
        raise ParameterError(f"{title}: expires must be a date or moment without quotes, not {value!r}.")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _hint(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, list(known), 1)
    return f" (did you mean {close[0]}?)" if close else ""
