"""The entry point: names the commands and turns failures that are the caller's into one sentence and exit code 2."""

from typing import Any

import typer
from surveillance.errors import InputError
from typer.core import TyperGroup

from cli import (
    alerts,
    backtest,
    batch,
    bench,
    calibrate,
    classifiers,
    collect,
    dashboards,
    demo,
    evaluate,
    explain,
    facts,
    history,
    import_files,
    indicators,
    local,
    replay,
    rules,
    scorecard,
    simulate,
    survey,
    train,
)


class Commands(TyperGroup):
    """Runs a command; bad input ends it with one sentence on stderr and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            typer.echo(sentence(str(error)), err=True)
            raise typer.Exit(2) from error


def sentence(text: str) -> str:
    """Begin with a capital unless the text begins with a path, and end with a full stop."""
    line = " ".join(text.split())
    return line if line.endswith((".", "?", "!")) else f"{line}."


app = typer.Typer(
    name="surveillance",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Market surveillance: order flow in, explained alerts out.",
)
app.command("demo")(demo.demo)
app.command("dashboards")(dashboards.dashboards)
app.command("replay")(replay.replay)
app.command("batch")(batch.batch)
app.command("simulate")(simulate.simulate)
app.command("evaluate")(evaluate.evaluate)
app.command("train")(train.train)
app.command("scorecard")(scorecard.scorecard)
app.command("backtest")(backtest.backtest)
app.command("calibrate")(calibrate.calibrate)
app.command("survey")(survey.survey)
app.command("collect")(collect.collect)
app.command("import")(import_files.import_files)
app.command("rules")(rules.rules)
app.command("bench")(bench.bench)
app.command("explain")(explain.explain)
app.command("facts")(facts.facts)
app.command("classifiers")(classifiers.classifiers)
app.command("indicators")(indicators.indicators)
app.add_typer(alerts.app, name="alerts")
app.add_typer(history.app, name="history")
app.add_typer(local.app, name="local")


@app.callback()
def _root() -> None:
    """Market surveillance: order flow in, explained alerts out."""


def main() -> None:
    """Run the command line."""
    app()
