"""Models of the dbt project as views over what has landed, without dbt: they must be there a second after the data.

Only models that stand on nothing but landed tables; dbt builds the others. Templates are filled as dbt fills them for
DuckDB, each model whole.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

PROJECT: Final = Path(__file__).resolve().parents[3] / "athena"
MACROS: Final = ("arithmetic", "averages", "dialects", "increments")
ON_LANDED: Final = ("fact_alerts", "alert_statistics", "stg_statuses", "fact_intraday_metrics")
"""What is looked at; with the models below, none of it stands on anything but landed tables."""
_REFERENCE: Final = re.compile(r"ref\('(\w+)'\)")


def models_on_landed() -> list[str]:
    """Name the models, each after those it stands on."""
    found: dict[str, None] = {}

    def take(model: str) -> None:
        for below in _REFERENCE.findall(_source(model)):
            take(below)
        found.setdefault(model)

    for model in ON_LANDED:
        take(model)
    return list(found)


def select_of(model: str, marts: str, raw: str) -> str:
    """Give a model's query for DuckDB over schemas of marts and raw tables."""
    query: str = _environment(marts, raw).from_string(_source(model)).render()
    return query


@cache
def _environment(marts: str, raw: str) -> Environment:
    """Give what a template finds in dbt, and the project's macros."""
    made = Environment(extensions=["jinja2.ext.do"], undefined=StrictUndefined, autoescape=False)  # noqa: S701 - SQL
    macros: dict[str, Callable[..., str]] = {}
    made.globals |= {
        "ref": lambda name: f"{marts}.{name}",
        "source": lambda _, name: f"{raw}.{name}",
        "config": lambda **_: "",
        "is_incremental": lambda: False,
        "var": _variable,
        "target": SimpleNamespace(type="duckdb"),
        "modules": SimpleNamespace(datetime=datetime),
        "return": lambda value: value,
        "adapter": SimpleNamespace(dispatch=lambda name: macros.get(f"duckdb__{name}") or macros[f"default__{name}"]),
    }
    module = made.from_string(_macros()).module
    macros |= {name: value for name, value in vars(module).items() if callable(value)}
    made.globals |= macros
    return made


def _variable(name: str, default: Any = None) -> Any:
    known: Mapping[str, Any] = {"changed_from": "1900-01", "horizon_sessions": [1, 5, 20, 60]}
    return known.get(name, default)


@cache
def _macros() -> str:
    return "\n".join((PROJECT / "macros" / f"{name}.sql").read_text(encoding="utf-8") for name in MACROS)


@cache
def _source(model: str) -> str:
    (path,) = (PROJECT / "models").rglob(f"{model}.sql")
    return path.read_text(encoding="utf-8")
