"""JSON lines to Arrow rows by a table's columns; a line that does not fit is set aside, its neighbours are kept."""

import json
from typing import Any

import msgspec
import pyarrow as pa
from pyarrow import json as arrow_json
from surveillance.engine import ndjson
from surveillance.events import SCHEMA as EVENT
from surveillance.wire import is_utf8

from local.lander.glue_types import has_map


class BadLine(msgspec.Struct, frozen=True):
    line: bytes
    reason: str


class Converter:
    """Converts by one schema."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self._maps = any(has_map(field.type) for field in schema)
        self._are_events = all(field in EVENT for field in schema)
        self._read_events = ndjson.Reader()
        self._seen: set[str] = set()

    def convert(self, payloads: list[bytes]) -> tuple[pa.Table, list[BadLine]]:
        """Give the good lines' rows and the bad lines of NDJSON payloads, each in order."""
        data = b"".join([data if data.endswith(b"\n") else data + b"\n" for data in payloads])
        if self._are_events and is_utf8(data):
            events = self._read_events(data, set(self.schema.names))
            if events is not None:
                return events.table().select(self.schema.names), []
        if not self._maps:
            try:
                table = self._from_json(data)
            except (pa.ArrowException, ValueError):
                pass
            else:
                if table.num_rows == data.count(b"\n"):
                    return table, []
        tables: list[pa.Table] = []
        bad: list[BadLine] = []
        self._bisect([line for line in data.split(b"\n") if line.strip()], tables, bad)
        return (pa.concat_tables(tables) if tables else self.schema.empty_table()), bad

    def _bisect(self, lines: list[bytes], tables: list[pa.Table], bad: list[BadLine]) -> None:
        if not lines:
            return
        try:
            tables.append(self._rows(lines))
        except (pa.ArrowException, ValueError, TypeError) as error:
            if len(lines) == 1:
                bad.append(BadLine(lines[0], str(error).splitlines()[0][:300] if str(error) else type(error).__name__))
                return
            middle = len(lines) // 2
            self._bisect(lines[:middle], tables, bad)
            self._bisect(lines[middle:], tables, bad)

    def _rows(self, lines: list[bytes]) -> pa.Table:
        table = self._from_objects(lines) if self._maps else self._from_json(b"\n".join(lines) + b"\n")
        if table.num_rows != len(lines):
            raise ValueError("the line holds other than one object")
        return table

    def _from_json(self, data: bytes) -> pa.Table:
        """Read the columns seen so far, which is cheaper than all; one that was not seen before makes it begin anew."""
        while True:
            schema = pa.schema([field for field in self.schema if field.name in self._seen])
            table = arrow_json.read_json(
                pa.BufferReader(data),
                read_options=arrow_json.ReadOptions(use_threads=False, block_size=max(1024, len(data) + 1)),
                parse_options=arrow_json.ParseOptions(
                    explicit_schema=schema, newlines_in_values=False, unexpected_field_behavior="infer"
                ),
            )
            unseen = {name for name in table.column_names if name in self.schema.names} - self._seen
            if not unseen:
                break
            self._seen |= unseen
        rows = table.num_rows
        columns = [
            table.column(field.name) if field.name in self._seen else pa.nulls(rows, field.type)
            for field in self.schema
        ]
        return pa.Table.from_arrays(columns, schema=self.schema)

    def _from_objects(self, lines: list[bytes]) -> pa.Table:
        rows = [json.loads(line) for line in lines]
        if not all(isinstance(row, dict) for row in rows):
            raise ValueError("not a JSON object")
        columns = [
            pa.array([_for_arrow(row.get(field.name), field.type) for row in rows], type=field.type)
            for field in self.schema
        ]
        return pa.Table.from_arrays(columns, schema=self.schema)


def _for_arrow(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_map(kind):
        return [(key, _for_arrow(part, kind.item_type)) for key, part in value.items()]
    if pa.types.is_struct(kind):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        return {field.name: _for_arrow(value.get(field.name), field.type) for field in fields}
    if pa.types.is_list(kind):
        return [_for_arrow(part, kind.value_type) for part in value]
    return value
