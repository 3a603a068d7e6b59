"""Text files as blocks of whole lines, with their line numbers, and whether the last line was cut."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from surveillance.errors import FormatError
from surveillance.feeds.feed import FileSource

BLOCK_BYTES: int = 4 << 20
HEAD_BYTES: int = 64 << 10
LONGEST_LINE_BYTES: Final = 32 << 20
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines. `first_line` counts from 1; `is_cut` says that the file ends in it without a newline."""

    data: bytes
    first_line: int
    is_cut: bool = False

    def check_end(self, name: str, last_rejected: bytes | None) -> None:
        """Raise `FormatError` if the file's last line lacks its newline and was rejected."""
        if self.is_cut and last_rejected is not None and last_rejected == self.data.rpartition(b"\n")[2]:
            raise FormatError(f"{name} is truncated: its last line ends early.")


class Text:
    """A text file. Raises `FormatError` if it is empty or binary; `head` is its beginning, for a first look."""

    def __init__(self, source: FileSource) -> None:
        self.name = source.name
        self._stream = source.stream
        self.head = self._stream.read(HEAD_BYTES).removeprefix(_BYTE_ORDER_MARK)
        if not self.head or (self.head.isspace() and len(self.head) < HEAD_BYTES // 2):
            raise FormatError(f"{self.name} is empty.")
        if b"\0" in self.head:
            raise FormatError(f"{self.name} is binary, not text.")

    def blocks(self) -> Iterator[Block]:
        """Cut the file into blocks of whole lines."""
        parts, size, line = [self.head], len(self.head), 1
        while chunk := self._stream.read(BLOCK_BYTES):
            end = chunk.rfind(b"\n") + 1
            parts.append(chunk[:end] if end else chunk)
            size += len(chunk)
            if end:
                data = b"".join(parts)
                yield Block(data, line)
                line += data.count(b"\n")
                parts, size = [chunk[end:]], len(chunk) - end
            elif size > LONGEST_LINE_BYTES:
                raise FormatError(f"{self.name} is no text of lines: a line is longer than 32 MB.")
        rest = b"".join(parts)
        if rest:
            yield Block(rest, line, not rest.endswith(b"\n"))

    def all(self, limit_bytes: int = 1 << 30) -> bytes:
        """Read the whole file."""
        data = self.head + self._stream.read(limit_bytes)
        if len(data) >= limit_bytes:
            raise FormatError(f"{self.name} is larger than 1 GB and not made of lines.")
        return data
