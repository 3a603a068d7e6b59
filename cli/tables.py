"""Reference tables and parameter files from disk, and tables to disk; CSV or Parquet by suffix."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from surveillance.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    from surveillance.allow_list import AllowList
    from surveillance.declared.definition import DeclaredRule, ParametersWithRules
    from surveillance.parameters import Layer
    from surveillance.reference import Account, Instrument

SHIPPED_PARAMETERS: Final = Path(__file__).parents[1] / "parameters" / "default.toml"
T = TypeVar("T")
TABLE_SUFFIXES: Final = (".csv", ".parquet")


def read_instruments(path: Path | None) -> "tuple[Instrument, ...]":
    """Read an instruments table; raises `InputError` naming the file and the row at fault."""
    from surveillance.reference import instruments_of

    return () if path is None else _named(path, lambda: instruments_of(read_table(path)))


def read_accounts(path: Path | None) -> "tuple[Account, ...]":
    """Read an accounts table; raises `InputError` naming the file and the row at fault."""
    from surveillance.reference import accounts_of

    return () if path is None else _named(path, lambda: accounts_of(read_table(path)))


def _named(path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except InputError as error:
        raise InputError(str(error) if str(path) in str(error) else f"{path}: {error}") from error


def read_table(path: Path) -> "pa.Table":
    """Read a table; every CSV cell stays text, so that ids keep their zeros."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    suffix = _suffix(path)
    try:
        if suffix == ".parquet":
            return pq.read_table(path, use_threads=False)
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = list(csv.reader(file, strict=True))
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist.") from error
    except (OSError, pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} can't be read as {suffix[1:]}: {error}.") from error
    rows = [line for line in lines if line]
    if not rows:
        raise InputError(f"{path} is empty.")
    header = [name.strip() for name in rows[0]]
    if len(set(header)) < len(header):
        raise InputError(f"{path} has two columns of the same name.")
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            raise InputError(f"Row {number} of {path} has {len(row)} cells, its header {len(header)}.")
    return pa.table({name: pa.array([row[k] for row in rows[1:]], pa.string()) for k, name in enumerate(header)})


def write_table(table: "pa.Table", path: Path) -> None:
    """Write a table as CSV or Parquet."""
    import pyarrow.parquet as pq
    from pyarrow import csv as arrow_csv

    if _suffix(path) == ".parquet":
        pq.write_table(table, path)
    else:
        arrow_csv.write_csv(table, path, arrow_csv.WriteOptions(quoting_style="needed"))


def _suffix(path: Path) -> str:
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise InputError(f"{path} must end in {' or '.join(TABLE_SUFFIXES)}.")
    return path.suffix.lower()


def read_parameters(files: Sequence[Path] = (), *, batch: bool = False) -> "ParametersWithRules":
    """Give the parameters of the rules, those that files declare among them: as shipped, then each file.

    Raises `ParameterError`.

    Files may set those of batch rules; with `batch` these are there in any case.
    """
    from surveillance.rule_parameters import parameters_under

    return parameters_under([read_layer_file(path) for path in (SHIPPED_PARAMETERS, *files)], batch=batch)


def read_allow_list(
    path: Path | None, accounts: "Sequence[Account]", declared: "Sequence[DeclaredRule]" = ()
) -> "AllowList | None":
    """Read an allow-list over these accounts; raises `ParameterError`, or `InputError` where it can't be read.

    It may be about shipped rules and the declared ones given.
    """
    if path is None:
        return None
    import surveillance.engine  # noqa: F401 - the rules can't be imported before it
    from surveillance.allow_list import AllowList, read_entries
    from surveillance.batch import BATCH_RULES
    from surveillance.rules import RULES

    known = [*(rule.ID for rule in (*RULES, *BATCH_RULES)), *(rule.id for rule in declared)]
    return AllowList(read_entries(_text(path), known, str(path)), accounts)


def read_layer_file(path: Path) -> "Layer":
    """Read a parameter file; raises `ParameterError`, or `InputError` where it can't be read."""
    from surveillance.parameters import read_layer

    return read_layer(_text(path), str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} can't be read as TOML: {error}.") from error
