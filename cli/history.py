"""`surveillance history`: years of bars into trustworthy tables."""

import typer

from cli import history_bench, history_check

app = typer.Typer(help="History: bars, quality, indicators and marts.", no_args_is_help=True)
app.command("check")(history_check.check)
app.command("bench")(history_bench.bench)


@app.callback()
def _history() -> None:
    """History: bars, quality, indicators and marts."""
