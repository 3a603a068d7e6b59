"""Models of the dbt project as views over what has landed, without dbt: they must be there a second after the data.

Only models that stand on nothing but landed tables; dbt builds the others. Templates are filled as dbt fills them for
DuckDB, each model whole.
"""

import datetime
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

PROJECT: Final = Path(__file__).resolve().parents[3] / "athena"
MACROS: Final = ("arithmetic", "averages", "dialects", "increments")
ON_LANDED: Final = (
    "stg_alerts",
    "fact_alerts",
    "alert_statistics",
    "stg_events",
    "stg_trades",
    "stg_quotes",
    "stg_orders",
    "stg_statuses",
    "stg_metrics",
    "int_trade_minutes",
    "int_quote_minutes",
    "int_order_minutes",
    "fact_intraday_metrics",
)
"""In the order in which they stand on each other."""


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
