"""`surveillance indicators`: the catalogue of indicators, as a table, as JSON, or as the list in docs/indicators.md."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from surveillance.indicators import Indicator


def indicators(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As the list in docs/indicators.md.")] = False,
) -> None:
    """List the indicators, their parameters and the columns they give."""
    if as_json:
        typer.echo(json.dumps(catalogue(), indent=2))
    elif as_markdown:
        typer.echo("\n".join(markdown()))
    else:
        _print_table()


def catalogue() -> list[dict[str, Any]]:
    """Give every indicator as plain values; columns and warm-up at its defaults."""
    from surveillance.indicators import DEFAULT, INDICATORS

    asked: dict[str, list[str]] = {}
    for request in DEFAULT:
        asked.setdefault(request.indicator.name, []).append(request.text)
    return [
        {
            "indicator": each.name,
            "title": each.title,
            "formula": each.formula,
            "kind": each.kind,
            "source": each.source,
            "columns": list(each().columns),
            "parameters": [
                {"name": p.name, "default": p.default, "minimum": p.minimum, "maximum": p.maximum}
                for p in each.parameters
            ],
            "warm_up": each().warm_up,
            "computed": asked.get(each.name, []),
        }
        for each in INDICATORS
    ]


def markdown() -> Iterator[str]:
    """Write the list of indicators, a line at a time."""
    from surveillance.indicators import INDICATORS, PATTERNS

    patterns = [request.indicator for request in PATTERNS]
    yield "| indicator | columns at defaults | formula | parameters | warm-up | kind |"
    yield "|---|---|---|---|---|---|"
    for each in INDICATORS:
        if each not in patterns:
            yield _row(each)
    yield ""
    yield f"### Candlestick patterns ({len(patterns)})"
    yield ""
    yield "100 bullish, −100 bearish, 0 none (hikkake: ±200 when confirmed); null in the warm-up."
    yield ""
    yield "| column | pattern | warm-up |"
    yield "|---|---|---|"
    for each in patterns:
        yield f"| `{each.name}` | {each.title} | {each().warm_up} |"


def _row(each: "Indicator") -> str:
    parameters = ", ".join(f"{p.name} {p.default:g}" for p in each.parameters) or "–"
    columns = ", ".join(f"`{column}`" for column in each().columns)
    formula = each.formula.replace("|", "\\|")
    return f"| {each.title} (`{each.name}`) | {columns} | {formula} | {parameters} | {each().warm_up} | {each.kind} |"


def _print_table() -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("indicator", "title", "parameters", "columns", box=None)
    for each in catalogue():
        parameters = ", ".join(f"{p['name']}={p['default']:g}" for p in each["parameters"])
        table.add_row(each["indicator"], each["title"], parameters, " ".join(each["columns"]))
    Console().print(table)
