"""`surveillance alerts`: the analyst's work from the shell."""

import typer

app = typer.Typer(help="Alerts of the running local stack, or of AWS where ALERT_TABLE is set.", no_args_is_help=True)


@app.command("list")
def list_alerts() -> None:
    """List alerts."""
