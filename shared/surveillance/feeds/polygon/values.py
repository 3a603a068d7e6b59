"""One message's fields, read with their types; what can't be read names its reason."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from surveillance.events import SECOND
from surveillance.feeds.polygon.fields import LEFT_OUT_MARKETS

_MILLISECONDS_BELOW: Final = 10**14
_MICROSECONDS_BELOW: Final = 10**17
_INT64: Final = 2**63
LATEST_NS: Final = 2**62
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SEPARATOR: Final = re.compile(r"[/-]")
_LONG_QUOTE_CURRENCIES: Final = ("USDT", "USDC")


class UnusableError(Exception):
    """A message that is no event; its argument is the reason."""


class LeftOutError(Exception):
    """A message of a kind that is left out by design; its argument is the kind."""


class Fields:
    """Typed access to a JSON object. An absent or null field is None; another type raises `UnusableError`."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def number(self, name: str) -> float | None:
        """Give a number as a float."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UnusableError(f"wrong_type:{name}")
        try:
            return float(value)
        except OverflowError as error:
            raise UnusableError(f"wrong_type:{name}") from error

    def integer(self, name: str) -> int | None:
        """Give an integer."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not -_INT64 <= value < _INT64:
            raise UnusableError(f"wrong_type:{name}")
        return int(value)

    def count(self, name: str) -> int | None:
        """Give a whole number, which some answers write as `95595226.0`."""
        value = self.number(name)
        if value is None:
            return None
        if not value.is_integer() or abs(value) >= 2**53:
            raise UnusableError(f"wrong_type:{name}")
        return int(value)

    def text(self, name: str) -> str | None:
        """Give a text, or a number as text; an empty text is None."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise UnusableError(f"wrong_type:{name}")
        return str(value)

    def flag(self, name: str) -> bool | None:
        """Give a truth value."""
        value = self._values.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise UnusableError(f"wrong_type:{name}")

    def codes(self, name: str) -> list[str]:
        """Give a code or a list of codes as texts."""
        value = self._values.get(name)
        if value is None:
            return []
        codes = value if isinstance(value, list) else [value]
        if any(isinstance(code, bool) or not isinstance(code, int | str) for code in codes):
            raise UnusableError(f"wrong_type:{name}")
        return [str(code) for code in codes]

    def time(self, name: str) -> int | None:
        """Give nanoseconds; milliseconds, microseconds and nanoseconds are told apart by their size."""
        value = self.integer(name)
        if value is None:
            return None
        unit = 1_000_000 if abs(value) < _MILLISECONDS_BELOW else 1_000 if abs(value) < _MICROSECONDS_BELOW else 1
        if abs(value * unit) >= LATEST_NS:
            raise UnusableError("ts_out_of_range")
        return value * unit

    def written_time(self, name: str) -> int | None:
        """Give the nanoseconds of an ISO 8601 time; without a zone it is UTC."""
        text = self.text(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
        except (ValueError, OverflowError) as error:
            raise UnusableError(f"wrong_type:{name}") from error
        ns = (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1_000
        if abs(ns) >= LATEST_NS:
            raise UnusableError("ts_out_of_range")
        return ns

    def ticker(self, name: str) -> str | None:
        """Give the instrument of a ticker: `C:EURUSD` is EUR/USD, `X:BTC-USD` is BTC-USD, `AAPL` is AAPL."""
        text = self.text(name)
        if text is None:
            return None
        left_out = LEFT_OUT_MARKETS.get(text[:2])
        if left_out:
            raise LeftOutError(left_out)
        if text.startswith("C:"):
            return _pair(text[2:], "/")
        return _pair(text[2:], "-") if text.startswith("X:") else text

    def pair(self, name: str, separator: str) -> str | None:
        """Give a pair of currencies, joined as its market is: `/` for FX, `-` for crypto."""
        text = self.text(name)
        return None if text is None else _pair(text[2:] if text[1:2] == ":" else text, separator)

    def items(self, name: str) -> list[Any]:
        """Give a list."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise UnusableError(f"wrong_type:{name}")
        return value

    def nested(self, name: str) -> "Fields":
        """Give an object, empty where it is absent."""
        value = self._values.get(name)
        if value is None:
            return Fields({})
        if not isinstance(value, Mapping):
            raise UnusableError(f"wrong_type:{name}")
        return Fields(value)


def _pair(text: str, separator: str) -> str:
    parts = _SEPARATOR.split(text)
    if len(parts) == 1 and len(text) > 5:
        quote = 4 if separator == "-" and text.endswith(_LONG_QUOTE_CURRENCIES) else 3
        parts = [text[:-quote], text[-quote:]]
    return separator.join(parts)
