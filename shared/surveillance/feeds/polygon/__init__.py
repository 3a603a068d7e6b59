"""Polygon.io (now Massive): WebSocket messages, live or recorded, and REST answers.

A file holds messages or answers one a line, an array of them, or one answer; `decode_frame` serves the live ingester.
`fields` lists every field of the reference: what it becomes, or why it is left out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from surveillance.errors import FormatError
from surveillance.feeds.feed import Defaults, Feed, FileSource, Options
from surveillance.feeds.files import unwrapped, wrapping
from surveillance.feeds.polygon.answers import add_answer, is_answer
from surveillance.feeds.polygon.messages import Frame, add_message, decode_frame, messages_in, parsed
from surveillance.feeds.strangers import refuse_others, what_it_is
from surveillance.feeds.text import Block, Text
from surveillance.wire import Decoded

__all__ = ["FEED", "Frame", "decode_frame"]

TITLE: Final = "Polygon messages or answers"


def _decode(source: FileSource, options: Options, left_out: Counter[str]) -> tuple[Defaults, Iterator[Decoded]]:
    text = Text(next(unwrapped(source)))
    refuse_others(source.name, text.head, ("polygon", "json"), TITLE)
    if not text.head.lstrip().startswith((b"{", b"[")):
        raise FormatError(f"{source.name} is not JSON, so not {TITLE}.")
    return Defaults(), _chunks(text, source.name, options.symbol, left_out)


def _chunks(text: Text, name: str, symbol: str | None, left_out: Counter[str]) -> Iterator[Decoded]:
    if parsed(text.head.split(b"\n", 1)[0]) is not None:
        yield from _lines(text.blocks(), name, symbol, left_out)
        return
    data = text.all()
    whole = parsed(data)
    if whole is None:
        yield from _lines(iter([Block(data, 1, not data.endswith(b"\n"))]), name, symbol, left_out)
        return
    frame = Frame()
    _add(frame, whole, name, symbol)
    yield _decoded(frame, left_out)


def _lines(blocks: Iterator[Block], name: str, symbol: str | None, left_out: Counter[str]) -> Iterator[Decoded]:
    for block in blocks:
        frame = Frame()
        unparsed: bytes | None = None
        for line in block.data.split(b"\n"):
            if not line or line.isspace():
                continue
            value = parsed(line)
            unparsed = line if value is None else None
            if value is None:
                frame.reject("not_json", line.rstrip(b"\r"))
            else:
                _add(frame, value, name, symbol)
        block.check_end(name, unparsed)
        yield _decoded(frame, left_out)


def _add(frame: Frame, value: Any, name: str, symbol: str | None) -> None:
    for item in messages_in(value):
        if isinstance(item, Mapping) and "ev" not in item and is_answer(item, name):
            add_answer(frame, item, name, symbol)
        else:
            add_message(frame, item)


def _decoded(frame: Frame, left_out: Counter[str]) -> Decoded:
    left_out.update(frame.left_out)
    if frame.controls:
        left_out["status"] += len(frame.controls)
    return Decoded(frame.table, frame.rejected, dict(frame.unknown_keys))


def _recognises(source: FileSource) -> bool:
    try:
        if wrapping(source) == "zip":
            return False
        found = what_it_is(Text(next(unwrapped(source))).head)
    except FormatError:
        return True
    return found is not None and found[0] == "polygon"


FEED: Final = Feed(
    "polygon",
    TITLE,
    tuple(plain + wrapped for plain in (".json", ".ndjson") for wrapped in ("", ".gz", ".xz", ".zst")),
    _decode,
    _recognises,
)
