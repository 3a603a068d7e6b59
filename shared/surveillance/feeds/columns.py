"""Comma-separated lines to typed columns: whole blocks at a time, one bad line never spoiling its neighbours.

A block that pyarrow reads as it stands costs one pass. Otherwise its lines are split and the cells that do not convert
are found by halving, with the same converter, so a line's fate does not depend on the lines around it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from surveillance.wire import Rejected

INTEGER: Final = pa.int64()
NUMBER: Final = pa.float64()
TEXT: Final = pa.string()


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no row: its place in the block (from 0), why, and its bytes."""

    line: int
    reason: str
    text: bytes


@dataclass(slots=True)
class Rows:
    """The good lines of a block as a table, the line number of each (from 0), and the bad lines."""

    table: pa.Table
    lines: NDArray[np.int64]
    bad: list[BadLine]
    data: bytes

    def number(self, name: str) -> NDArray[np.float64]:
        """Give a column as floats, NaN for null."""
        column = self.table.column(name)
        return np.asarray((column.fill_null(np.nan) if column.null_count else column).to_numpy(), np.float64)

    def integer(self, name: str) -> NDArray[np.int64]:
        """Give a required column as integers."""
        return np.asarray(self.table.column(name).to_numpy(), np.int64)

    def text(self, name: str) -> pa.Array:
        """Give a text column as one array."""
        return self.table.column(name).combine_chunks()

    def sifted(self, wrong: Mapping[str, NDArray[np.bool_]]) -> tuple["Rows", NDArray[np.bool_]]:
        """Move marked rows to the bad lines, under the first reason that marks them; give also which rows stay."""
        good = np.ones(self.lines.size, bool)
        bad: list[BadLine] = []
        for reason, mask in wrong.items():
            marked = mask & good
            good &= ~mask
            if marked.any():
                texts = self.data.split(b"\n")
                bad += [BadLine(int(line), reason, texts[line].rstrip(b"\r")) for line in self.lines[marked]]
        if not bad:
            return self, good
        return Rows(self.table.filter(pa.array(good)), self.lines[good], self.bad + bad, self.data), good

    def rejected(self, events_before: NDArray[np.int64] | None = None, symbol: str | None = None) -> list[Rejected]:
        """Give the bad lines as values in line order.

        `events_before[k]` counts the events made of the first k rows; without it each row makes one.
        """
        bad = sorted(self.bad, key=lambda bad: bad.line)
        rows_before = np.searchsorted(self.lines, [line.line for line in bad])
        positions = rows_before if events_before is None else events_before[rows_before]
        return [
            Rejected(int(position), line.reason, line.text, symbol)
            for position, line in zip(positions, bad, strict=True)
        ]

    def last_rejected(self) -> bytes | None:
        """Give the last line of the block if it is a bad one."""
        if not self.bad:
            return None
        last = max(self.bad, key=lambda bad: bad.line)
        return last.text if not self.lines.size or last.line > self.lines[-1] else None


def read_rows(data: bytes, schema: pa.Schema, wanted: Sequence[str] | None = None) -> Rows:
    """Read lines of comma-separated cells, without a header; quotes mean nothing; empty lines are skipped.

    An empty cell is null, which a field that is not nullable rejects (`missing:<column>`). Other reasons: `columns:<n>`
    for a wrong number of cells, `wrong_type:<column>`, `not_utf8`. All columns count, only `wanted` are given back.
    """
    names = list(wanted) if wanted is not None else schema.names
    table = _fast(data, schema)
    if table is not None:
        return Rows(table.select(names), np.arange(table.num_rows), [], data)
    rows = _by_cell(data, schema)
    return Rows(rows.table.select(names), rows.lines, rows.bad, data)


def _fast(data: bytes, schema: pa.Schema) -> pa.Table | None:
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            read_options=csv.ReadOptions(
                column_names=schema.names, use_threads=False, block_size=max(len(data) + 1, 1024)
            ),
            parse_options=csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    required = [field.name for field in schema if not field.nullable]
    if table.num_rows != lines or any(table.column(name).null_count for name in required):
        return None
    return table


def _by_cell(data: bytes, schema: pa.Schema) -> Rows:
    bad: list[BadLine] = []
    kept: list[int] = []
    cells: list[list[bytes]] = []
    texts = [text.rstrip(b"\r") for text in data.split(b"\n")]
    for number, text in enumerate(texts):
        row = text.split(b",")
        if len(row) == len(schema.names) and text:
            kept.append(number)
            cells.append(row)
        elif text and not text.isspace():
            bad.append(BadLine(number, f"columns:{len(row)}", text))
    lines = np.array(kept, np.int64)
    reasons: dict[int, str] = {}
    columns = []
    for place, column in enumerate(schema):
        values, failed = _convert([row[place] for row in cells], column)
        columns.append(values)
        for index, reason in failed.items():
            reasons.setdefault(index, reason)
    good = np.ones(lines.size, bool)
    good[list(reasons)] = False
    bad += [BadLine(int(lines[index]), reason, texts[lines[index]]) for index, reason in reasons.items()]
    table = pa.Table.from_arrays(columns, names=schema.names).filter(pa.array(good))
    return Rows(table, lines[good], bad, data)


def _convert(cells: list[bytes], column: pa.Field) -> tuple[pa.Array, dict[int, str]]:
    """Convert cells, null where a cell fails; give the failed places and why."""
    failed: dict[int, str] = {}
    texts: list[str | None] = []
    for index, cell in enumerate(cells):
        try:
            texts.append(cell.decode() or None)
        except UnicodeDecodeError:
            texts.append(None)
            failed[index] = "not_utf8"
    if not pa.types.is_string(column.type):
        texts = [(text.strip(" \t") or None) if text is not None else None for text in texts]
    array = pa.array(texts, TEXT)
    if not column.nullable:
        for place in np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False)).tolist():
            failed.setdefault(place, f"missing:{column.name}")
    if pa.types.is_string(column.type):
        return array, failed
    wrong = np.zeros(len(array), bool)
    _mark_wrong(array, column.type, 0, wrong)
    for place in np.flatnonzero(wrong).tolist():
        failed.setdefault(place, f"wrong_type:{column.name}")
    sound = pc.if_else(pa.array(~wrong), array, pa.scalar(None, TEXT)) if len(array) else array
    return sound.cast(column.type), failed


def _mark_wrong(array: pa.Array, kind: pa.DataType, start: int, wrong: NDArray[np.bool_]) -> None:
    if not len(array):
        return
    try:
        array.cast(kind)
    except pa.ArrowInvalid:
        if len(array) == 1:
            wrong[start] = True
            return
        middle = len(array) // 2
        _mark_wrong(array.slice(0, middle), kind, start, wrong)
        _mark_wrong(array.slice(middle), kind, start + middle, wrong)
