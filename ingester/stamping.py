"""The ingester's own keys on a line: appended to the venue's bytes, which are otherwise left as they came."""

import json
from collections.abc import Sequence
from itertools import repeat

import msgspec
import pyarrow as pa

KEYS = ("received_ts", "producer", "number")
_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encoder = msgspec.json.Encoder()


def tail(received_ts: int, producer: str) -> bytes:
    """Give what stands between an event's own fields and its number."""
    return f',"received_ts":{received_ts},"producer":{json.dumps(producer)},"number":'.encode()


def without_stamps(lines: list[bytes], table: pa.Table) -> list[bytes]:
    """Make every line end in its closing brace, and take out keys that are the ingester's to write."""
    if not all(map(bytes.endswith, lines, repeat(b"}"))):
        lines = [line.rstrip() for line in lines]
    present = [key for key in KEYS if key in table.column_names and table.column(key).null_count < table.num_rows]
    if present or any(name in table.column_names and _spelled(name, lines) for name in KEYS):
        return [_cleaned(line) for line in lines]
    return lines


def stamp(lines: list[bytes], tails: bytes | Sequence[bytes], numbers: list[int]) -> list[bytes]:
    """Give each line its stamps and its newline."""
    if isinstance(tails, bytes):
        return [b"%b%b%d}\n" % (line[:-1], tails, number) for line, number in zip(lines, numbers, strict=True)]
    return [b"%b%b%d}\n" % (line[:-1], end, number) for line, end, number in zip(lines, tails, numbers, strict=True)]


def _spelled(name: str, lines: list[bytes]) -> bool:
    quoted = f'"{name}"'.encode()
    return any(quoted in line for line in lines)


def _cleaned(line: bytes) -> bytes:
    fields = _decoder.decode(line)
    return _encoder.encode({key: value for key, value in fields.items() if key not in KEYS})
