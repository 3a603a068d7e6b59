"""What a file is that is not of the format asked for, so that the refusal can say it."""

import re
from typing import Final

from surveillance.errors import FormatError

_PATTERNS: Final = (
    ("markup", re.compile(rb"\s*<(\?xml|!doctype|html|svg)", re.I), "a web page or XML, not market data"),
    ("pdf", re.compile(rb"%PDF-"), "a PDF document, not market data"),
    ("bitstamp", re.compile(rb"\d{13} (order_|trade|live_)"), "a bitstamp live-order log"),
    ("bitstamp", re.compile(rb"id,timestamp,exchange\.timestamp,"), "bitstamp order events"),
    (
        "bars",
        re.compile(rb"(?!\s*[{\[])(?=[^\n]*\bopen\b)(?=[^\n]*\bhigh\b)(?=[^\n]*\blow\b)[^\n]*\bclose\b", re.I),
        "a table of bars",
    ),
    ("lobster", re.compile(rb"\d{4,5}(\.\d+)?,[1-7],\d+,\d+,-?\d+,-?[01]\r?\n"), "a LOBSTER message file"),
    ("book", re.compile(rb"(-?\d+,\d+,-?\d+,\d+)(,-?\d+,\d+,-?\d+,\d+)*\r?\n"), "a LOBSTER order book file"),
    (
        "factors",
        re.compile(rb"[12]\d{7},\d*\.?\d+(e-?\d+)?,\d*\.?\d+(e-?\d+)?,\d*\.?\d+\r?\n", re.I),
        "a LEAN factor file (price and split factors by day), which holds no market events",
    ),
    (
        "map",
        re.compile(rb"[12]\d{7},[a-z.]+(,[A-Za-z])?\r?\n"),
        "a LEAN map file (ticker changes), which holds no market events",
    ),
    (
        "symbols",
        re.compile(rb"([A-Z0-9][A-Z0-9./-]{0,14}\r?\n){2,}"),
        "a list of symbols, which holds no market events",
    ),
    ("lean", re.compile(rb"\d{1,8},\d+,\d+,[A-Z],[0-9A-F]+,[01]\r?\n"), "LEAN trade ticks"),
    ("lean", re.compile(rb"\d{8} \d\d:\d\d,"), "LEAN daily or hourly bars"),
    ("polygon", re.compile(rb'\s*[\[{][^\n]*"ev"\s*:'), "Polygon messages"),
    ("polygon", re.compile(rb'\s*\{\s*"[^}]*"(request_id|results|queryCount)"\s*:', re.S), "a Polygon answer"),
    ("events", re.compile(rb'\{[^\n]*"type"\s*:\s*"(order|trade|quote|bar|news|status)"'), "events (NDJSON)"),
    ("json", re.compile(rb'\s*[\[{]\s*["{\[\]}]'), "JSON of another kind"),
    ("table", re.compile(rb"[A-Za-z][\w. ]*(,[\w. ]+)+\r?\n"), "a table of another kind"),
)
_EVENTLESS: Final = ("markup", "pdf", "factors", "map", "symbols")


def what_it_is(head: bytes) -> tuple[str, str] | None:
    """Name the kind of a text file by its beginning, and describe it in words; None if nothing fits."""
    for kind, pattern, words in _PATTERNS:
        found = pattern.match(head)
        if found:
            if kind == "table":
                columns = ", ".join(head.split(b"\n", 1)[0].decode("utf-8", "replace").strip().split(",")[:8])
                return kind, f"{words} (columns {columns})"
            return kind, words
    return None


def refuse_others(name: str, head: bytes, kinds: tuple[str, ...], wanted: str) -> None:
    """Raise `FormatError` if a file's beginning is plainly that of something not among `kinds`."""
    found = what_it_is(head)
    if found and found[0] not in kinds:
        raise FormatError(f"{name} is {found[1]}{'' if found[0] in _EVENTLESS else f', not {wanted}'}.")
