"""What the Glue catalogue is on AWS: the lake's tables as views of a DuckDB file, in their declared columns."""

from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from surveillance.adapters.history import HistoryLake
from surveillance.history.tables import BY_MONTH, TABLES, Table

SCHEMA: Final = "raw"
_TYPES: Final = {
    pa.string(): "varchar",
    pa.date32(): "date",
    pa.timestamp("ms"): "timestamp_ms",
    pa.float64(): "double",
    pa.int64(): "bigint",
    pa.int32(): "integer",
    pa.bool_(): "boolean",
}


def declare_tables(lake: HistoryLake, database: Path) -> None:
    """Let schema `raw` of the DuckDB file show each table over the files there are now; without files it is empty."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create schema if not exists {SCHEMA}")
        for table in TABLES:
            declare_table(connection, lake, table, SCHEMA)


def declare_table(connection: duckdb.DuckDBPyConnection, lake: HistoryLake, table: Table, schema: str) -> None:
    """Let a view of a schema show a table over the files there are now."""
    connection.execute(_view(connection, lake, table, schema))


def _view(connection: duckdb.DuckDBPyConnection, lake: HistoryLake, table: Table, schema: str) -> str:
    head = f"create or replace view {schema}.{_quoted(table.name)} as select "
    told_by_path = [name for name in table.partitions if name not in table.columns.names]
    if not lake.files(table):
        columns = [f"cast(null as {_type(field.type)}) as {_quoted(field.name)}" for field in table.columns]
        columns += [f"cast(null as varchar) as {_quoted(name)}" for name in told_by_path]
        return f"{head}{', '.join(columns)} where false"
    below = "interval=*/month=*/*.parquet" if table.partitions == BY_MONTH else "**/*.parquet"
    pattern = (lake.folder.resolve() / table.place / below).as_posix().replace("'", "''")
    files = f"read_parquet('{pattern}', hive_partitioning=true, hive_types_autocast=false, union_by_name=true)"
    there = {
        str(row[0])
        for row in connection.execute(f"describe select * from {files}").fetchall()  # noqa: S608 - a path of ours
    }
    columns = []
    for field in table.columns:
        value = _quoted(field.name) if field.name in there else "null"
        columns.append(f"cast({value} as {_type(field.type)}) as {_quoted(field.name)}")
    columns += [
        _quoted(name) if name in there else f"cast(null as varchar) as {_quoted(name)}" for name in told_by_path
    ]
    return f"{head}{', '.join(columns)} from {files}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"{_type(kind.value_type)}[]"
    if pa.types.is_map(kind):
        return f"map({_type(kind.key_type)}, {_type(kind.item_type)})"
    if pa.types.is_struct(kind):
        return f"struct({', '.join(f'{_quoted(field.name)} {_type(field.type)}' for field in kind)})"
    return _TYPES[kind]
