"""A request to a vendor, without endpoint and key: those are the shell's, so that no request can carry them away."""

from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

KEY_PARAMETERS: Final = frozenset({"apikey", "api_key", "token", "key"})


class Request(msgspec.Struct, frozen=True):
    """A path below the endpoint, and its parameters in order."""

    path: str
    query: tuple[tuple[str, str], ...] = ()

    def target(self) -> str:
        """Write path and parameters as they stand in a URL; holds no key."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


def segment(text: str) -> str:
    """Write a text as one segment of a path."""
    return quote(text, safe=":.-_~")


def request_of(url: str) -> Request:
    """Read a link to a next page: its host is not followed, and a key in it is left out."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    return Request(parts.path, tuple(pair for pair in query if pair[0].lower() not in KEY_PARAMETERS))
