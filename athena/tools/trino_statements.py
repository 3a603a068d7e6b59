"""Statements that bring the rows of a lake into Trino and make each model there, parted by lines of `--;`."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

ROWS_A_STATEMENT = 500
PARTING = "\n--;\n"
KINDS = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double",
    "INTEGER": "integer",
    "MAP(VARCHAR, DOUBLE)": "map(varchar, double)",
    "TIMESTAMP": "timestamp(6)",
    "TIMESTAMP_MS": "timestamp(3)",
    "VARCHAR": "varchar",
    "VARCHAR[]": "array(varchar)",
}
"""Trino's type for each of DuckDB's that a given table has."""


def given(marts: duckdb.DuckDBPyConnection, schema: str, table: str) -> Iterator[str]:
    """Make a table and fill it with the rows that DuckDB has in it."""
    columns = marts.execute(f"select column_name, column_type from (describe {schema}.{table})").fetchall()
    kinds = [(name, _kind(kind)) for name, kind in columns]
    told = ", ".join(f'"{name}" {_told(kind)}' for name, kind in kinds)
    cells = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in kinds)
    names = ", ".join(f'"{name}"' for name, _ in kinds)
    rows = marts.execute(f"select * from {schema}.{table}").fetchall()
    for start in range(0, max(len(rows), 1), ROWS_A_STATEMENT):
        some = [[_cell(cell) for cell in row] for row in rows[start : start + ROWS_A_STATEMENT]]
        literal = json.dumps(some, allow_nan=False, ensure_ascii=False).replace("'", "''")
        head = f"insert into {table}" if start else f"create table {table} as"
        yield (
            f"-- {table}\n{head}\nselect {cells}\n"
            f"from unnest(cast(json_parse('{literal}') as array(row({told})))) as given ({names})"
        )


def models(nodes: Mapping[str, Any], compiled: Path) -> Iterator[str]:
    """Make a table of each model after those that it stands on."""
    left = dict(sorted(nodes.items()))
    while left:
        ready = [name for name, node in left.items() if not set(node["depends_on"]["nodes"]) & left.keys()]
        for node in map(left.pop, ready):
            yield f"-- {node['name']}\ncreate table {node['name']} as\n{sql(node, compiled)}"


def sql(node: Mapping[str, Any], compiled: Path) -> str:
    """Give a node's compiled statement."""
    place = Path(node["original_file_path"])
    if node["resource_type"] == "test":
        place /= node["path"]
    return (compiled / "history" / place).read_text()


def _kind(kind: str) -> str:
    if kind.startswith("STRUCT("):
        fields = (field.rpartition(" ") for field in kind.removeprefix("STRUCT(").removesuffix(")").split(", "))
        return f"row({', '.join(f'{name} {KINDS[kind]}' for name, _, kind in fields)})"
    return KINDS[kind]


def _told(kind: str) -> str:
    """Give the type that a cell has on its way."""
    return "varchar" if kind == "date" or kind.startswith("timestamp") else kind


def _cell(cell: Any) -> Any:
    return str(cell) if isinstance(cell, date) else cell
