"""Run the models, compiled for Athena, on Trino over the rows of a lake, and compare each with DuckDB's, row by row.

Trino gets the lake's tables and DuckDB's snapshots, whose MERGE only Iceberg has; every other model it makes itself.
Then each model by month runs as an increment, and each data test. Arguments: a lake that was built, a folder for what
is made, and the folder of Trino's jars. Prints a table; the exit code is 1 where anything differs.
"""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
from compile_for_athena import PROJECT, compile_into
from trino_statements import KINDS, PARTING, given, models, sql

SCHEMA = "default"
INCREMENT = "increment of "
TEST = "test "
MEMORY = "-Xmx1500m"
RELATIVE = 1e-9
"""Sums of doubles depend on their order."""
LIKE = {"HUGEINT": "bigint"}
"""DuckDB sums integers as these."""


@dataclass
class Compared:
    """One model, increment or test: `why` names each difference, and is empty where there is none."""

    name: str
    rows: int
    columns: int
    why: list[str] = field(default_factory=list)


@dataclass
class Answer:
    """What Trino said: types of columns and rows, or the fault."""

    types: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    fault: str = ""


def compare(lake: Path, folder: Path, jars: Path) -> list[Compared]:
    """Compare models, increments of the last month, and data tests, in this order."""
    with duckdb.connect(str(lake / "marts.duckdb"), read_only=True) as marts:
        marts.execute("use history")
        (changed_from,) = marts.execute("select max(month) from candlesticks_daily").fetchall()[0]
        compile_into(folder, SCHEMA, changed_from)
        manifest = json.loads((folder / "target" / "manifest.json").read_text())
        nodes = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
        keys = keys_of(manifest)
        by_month = {name: node for name, node in nodes.items() if node["config"]["materialized"] == "incremental"}
        tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
        statements = [
            *(each for name in sources(manifest) for each in given(marts, "raw", name)),
            *(each for name in snapshots(manifest) for each in given(marts, "history", name)),
            *models(nodes, folder / "first"),
            *(f"-- rows of {node['name']}\nselect * from {node['name']}" for node in nodes.values()),
            *(f"-- rows of {INCREMENT}{each['name']}\n{sql(each, folder / 'increment')}" for each in by_month.values()),
            *(f"-- rows of {TEST}{node['name']}\n{sql(node, folder / 'first')}" for node in tests),
        ]
        answers = run(statements, folder, jars)
        found = [_model(marts, node["name"], keys.get(name, []), answers) for name, node in sorted(nodes.items())]
        found += [_increment(marts, node["name"], keys[name], changed_from, answers) for name, node in by_month.items()]
        found += [_test(node["name"], answers) for node in tests]
    return found


def sources(manifest: Mapping[str, Any]) -> list[str]:
    """Name the tables of the lake that models read."""
    return sorted(source["name"] for source in manifest["sources"].values())


def snapshots(manifest: Mapping[str, Any]) -> list[str]:
    """Name the snapshots."""
    return sorted(node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "snapshot")


def keys_of(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give the columns that name a row of a model, by the model's id."""
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    unique = {
        node["attached_node"]: [node["column_name"]] for node in tests if node["test_metadata"]["name"] == "unique"
    }
    return unique | {
        node["attached_node"]: node["test_metadata"]["kwargs"]["columns"]
        for node in tests
        if node["test_metadata"]["name"] == "is_key"
    }


def run(statements: Sequence[str], folder: Path, jars: Path) -> dict[str, Answer]:
    """Run statements in a Trino of its own; give answers and faults by name."""
    script, said = folder / "statements.sql", folder / "answers.ndjson"
    script.write_text(PARTING.join(statements))
    program = PROJECT / "tools" / "trino" / "RunStatements.java"
    java = ["java", MEMORY, "-Djava.net.preferIPv4Stack=true", "-cp", f"{jars}/*", str(program), str(script), str(said)]
    done = subprocess.run(java, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"Trino ended with {done.returncode}: {done.stderr[-2000:]}")
    answers: dict[str, Answer] = defaultdict(Answer)
    for line in said.read_text().splitlines():
        told = json.loads(line)
        answer = answers[told["name"]]
        answer.types = told.get("types", answer.types)
        answer.fault = answer.fault or told.get("fault", "")
        if "row" in told:
            answer.rows.append(told["row"])
    return answers


def _model(marts: duckdb.DuckDBPyConnection, name: str, key: Sequence[str], answers: Mapping[str, Answer]) -> Compared:
    return _compared(marts, name, name, key, answers[name], "true")


def _increment(
    marts: duckdb.DuckDBPyConnection,
    name: str,
    key: Sequence[str],
    changed_from: str,
    answers: Mapping[str, Answer],
) -> Compared:
    """Compare the months that an increment replaces; it must replace all from the changed one on."""
    answer = answers[f"{INCREMENT}{name}"]
    names = [column for column, _ in _described(marts, name)]
    months = sorted({row[names.index("month")] for row in answer.rows} | {changed_from})
    listed = ", ".join(f"'{month}'" for month in months)
    which = f"month >= '{changed_from}' or month in ({listed})"
    return _compared(marts, name, f"{INCREMENT}{name}", key, answer, which)


def _test(name: str, answers: Mapping[str, Answer]) -> Compared:
    answer = answers[f"{TEST}{name}"]
    failing = [f"{len(answer.rows)} rows fail"] if answer.rows else []
    return Compared(f"{TEST}{name}", 0, 0, failing + ([answer.fault] if answer.fault else []))


def _described(marts: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, str]]:
    return marts.execute(f"select column_name, column_type from (describe {name})").fetchall()


def _compared(
    marts: duckdb.DuckDBPyConnection, name: str, title: str, key: Sequence[str], answer: Answer, which: str
) -> Compared:
    columns = _described(marts, name)
    rows = marts.execute(f"select * from {name} where {which}").fetchall()
    found = Compared(title, len(rows), len(columns))
    if answer.fault:
        found.why.append(answer.fault)
        return found
    for (column, kind), other in zip(columns, answer.types, strict=True):
        if not _is_like(kind, other):
            found.why.append(f"{column} is {kind} in DuckDB, {other} in Trino")
    if len(rows) != len(answer.rows):
        found.why.append(f"{len(answer.rows)} rows in Trino")
    places = [place for place, (column, _) in enumerate(columns) if column in key] or list(range(len(columns)))
    theirs = [[_value(cell, kind) for cell, kind in zip(row, answer.types, strict=True)] for row in answer.rows]
    mine = [[_plain(cell) for cell in row] for row in rows]
    found.why += _differences([column for column, _ in columns], places, mine, theirs)
    return found


def _differences(
    names: Sequence[str], places: Sequence[int], mine: Sequence[list[Any]], theirs: Sequence[list[Any]]
) -> Iterator[str]:
    """Tell of rows whose key the other lacks, and of each column with other values."""
    left, right = (
        {tuple(str(row[place]) for place in places): row for row in sorted(rows, key=str)} for rows in (mine, theirs)
    )
    if left.keys() != right.keys():
        yield f"{len(left.keys() - right.keys())} keys in DuckDB only, {len(right.keys() - left.keys())} in Trino only"
    shared = sorted(left.keys() & right.keys())
    for place, name in enumerate(names):
        unlike = [key for key in shared if not _same(left[key][place], right[key][place])]
        if unlike:
            first = unlike[0]
            values = f"{left[first][place]!r} in DuckDB, {right[first][place]!r} in Trino"
            yield f"{name} differs in {len(unlike)} rows: {values} at {' '.join(first)}"


def _is_like(kind: str, other: str) -> bool:
    if kind.startswith("STRUCT("):
        return other.startswith("row(")
    return other.partition("(")[0] == LIKE.get(kind, KINDS.get(kind, kind)).partition("(")[0]


def _plain(cell: Any) -> Any:
    if isinstance(cell, dict):
        return list(cell.values())
    return cell


def _value(cell: Any, kind: str) -> Any:
    """Give Trino's cell as DuckDB gives it."""
    if cell is None:
        return None
    if kind == "date":
        return date.fromisoformat(cell)
    if kind.startswith("timestamp"):
        return datetime.fromisoformat(cell)
    if kind == "double":
        return float(cell)
    return list(cell.values()) if isinstance(cell, dict) else cell


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return (
            one == other or abs(one - other) <= RELATIVE * max(abs(one), abs(other)) or (one != one and other != other)
        )
    return bool(one == other)


def table(found: Sequence[Compared]) -> str:
    """Set what was compared as a table, tests in one line."""
    lines = ["| model | rows | columns | on Trino |", "|---|---|---|---|"]
    lines += [
        f"| {each.name} | {each.rows} | {each.columns} | {'; '.join(each.why) or 'equal'} |"
        for each in found
        if not each.name.startswith(TEST)
    ]
    tests = [each for each in found if each.name.startswith(TEST)]
    lines += [f"| {each.name} | | | {'; '.join(each.why)} |" for each in tests if each.why]
    return "\n".join([*lines, f"| {len(tests)} data tests | | | {sum(not each.why for each in tests)} pass |"])


if __name__ == "__main__":
    outcome = compare(*(Path(argument).resolve() for argument in sys.argv[1:4]))
    print(table(outcome))
    sys.exit(any(each.why for each in outcome))
