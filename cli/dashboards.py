"""`surveillance dashboards`: the page over the running local stack and the lake of history."""

from typing import Annotated

import typer

from cli.alerts import STATE_FOLDER, StateFolder


def dashboards(
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to serve it; 0 takes a free port.")] = 8642,
    state: StateFolder = STATE_FOLDER,
) -> None:
    """Serve the page on this machine until Ctrl-C: dashboards, live board, alerts, outbox, state of the stack."""
    from local.page.serve import address_of, listen, open_in_browser, serve

    listening = listen(port)
    address = address_of(listening)

    def ready() -> None:
        typer.echo(f"The page is at {address}; Ctrl-C ends it.")
        if browser:
            open_in_browser(address)

    serve(state.resolve(), listening, ready)
