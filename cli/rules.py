"""`surveillance rules`: the catalogue, as a table, as JSON, or as the page docs/rules.md."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from surveillance.declared.definition import DeclaredRule
    from surveillance.parameters import Parameters

LEAD = """# Rules

Written by `surveillance rules --markdown`; edit the rules, not this page. Tiers say what a rule needs to attribute
what it finds: 0 trades and best quotes, 1 orders without owner, 2 orders with account, 3 beneficial owners, news,
positions. Below its tier a rule gives candidates. A rule of kind *pattern* looks for a behaviour, one of kind
*condition* for a state of the market or the feed. The last ones, `circular_trading` and those after it, look over hours
or days at once and run over the lake in batch (`surveillance batch`); all others run on the stream.
"""


def rules(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As the page docs/rules.md.")] = False,
    parameters: Annotated[
        Path | None, typer.Option(help="TOML over the shipped parameters, with declared rules.")
    ] = None,
) -> None:
    """List the rules, what they need and how they can be tuned."""
    if as_json:
        typer.echo(json.dumps(catalogue(parameters), indent=2))
    elif as_markdown:
        typer.echo("\n".join(markdown()))
    else:
        _print_table(parameters)


def catalogue(parameter_file: Path | None = None) -> list[dict[str, Any]]:
    """Give every rule with its parameters and their values, as plain values; those that a file declares come last."""
    import surveillance.engine  # noqa: F401 - the rules can't be imported before it
    from surveillance.batch import BATCH_RULES
    from surveillance.rules import RULES

    from cli.tables import read_parameters

    parameters = read_parameters([parameter_file] if parameter_file else [], batch=True)
    return [
        *(_shipped(rule, parameters) for rule in (*RULES, *BATCH_RULES)),
        *(_own(rule, parameters) for rule in parameters.declared_rules),
    ]


def _shipped(rule: ModuleType, parameters: "Parameters") -> dict[str, Any]:
    return {
        "rule": rule.ID,
        "rule_version": rule.VERSION,
        "title": rule.TITLE,
        "kind": rule.KIND,
        "tier": rule.TIER,
        "answers": list(rule.ANSWERS),
        "needs": list(rule.NEEDS),
        "parameters": _values(rule.ID, parameters),
    }


def _own(rule: "DeclaredRule", parameters: "Parameters") -> dict[str, Any]:
    return {
        "rule": rule.id,
        "rule_version": rule.version,
        "title": rule.title,
        "kind": rule.kind,
        "tier": rule.tier,
        "answers": list(rule.answers),
        "needs": list(rule.needs),
        "parameters": _values(rule.id, parameters),
    }


def _values(rule: str, parameters: "Parameters") -> list[dict[str, Any]]:
    values = parameters.effective(rule)
    return [
        {
            "name": each.name,
            "default": _plain(values[each.name]),
            "unit": each.unit,
            "minimum": _plain(each.minimum),
            "maximum": _plain(each.maximum),
        }
        for each in parameters.declared(rule)
    ]


def _plain(number: float) -> int | float:
    return int(number) if float(number).is_integer() else float(number)


def markdown() -> Iterator[str]:
    """Give the lines of the page: what each rule looks for in its own words, then its parameters."""
    import surveillance.engine  # noqa: F401 - the rules can't be imported before it
    from surveillance.batch import BATCH_RULES
    from surveillance.parameters import COMMON
    from surveillance.rules import RULES

    every = (*RULES, *BATCH_RULES)
    meanings = {rule.ID: {each.name: each.meaning for each in (*rule.PARAMETERS, *COMMON)} for rule in every}
    texts = {rule.ID: (rule.__doc__ or "").strip() for rule in every}
    yield LEAD
    for entry in catalogue():
        name = entry["rule"]
        yield f"## {entry['title']} (`{name}`)\n"
        yield texts[name]
        yield ""
        yield (
            f"Version {entry['rule_version']}, {entry['kind']}, tier {entry['tier']}; "
            f"works on {_listed(entry['needs'])}; answers {_listed(entry['answers'])}.\n"
        )
        yield "| parameter | value | unit | from | to | meaning |"
        yield "|---|---|---|---|---|---|"
        for each in entry["parameters"]:
            yield (
                f"| `{each['name']}` | {each['default']} | {each['unit']} | {each['minimum']} | {each['maximum']} "
                f"| {meanings[name][each['name']]} |"
            )
        yield ""


def _listed(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _print_table(parameters: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("rule", "title", "kind", "tier", "needs", "parameters"):
        table.add_column(title, no_wrap=title in ("rule", "kind"))
    for entry in catalogue(parameters):
        shown = ", ".join(f"{each['name']} {each['default']:g}" for each in entry["parameters"])
        needs = ", ".join(entry["needs"])
        table.add_row(entry["rule"], entry["title"], entry["kind"], str(entry["tier"]), needs, shown)
    Console().print(table)
