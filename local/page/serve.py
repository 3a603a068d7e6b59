"""Serving the page: from 127.0.0.1, at its usual port where that is free."""

import os
import socket
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvicorn

from local.page.server import application

HOST: Final = "127.0.0.1"
PORT: Final = 8642
GRACE_S: Final = 1
"""How long answers under way may take when the page ends; live streams have no end of their own."""


def free_port(usual: int = PORT) -> int:
    """Give the usual port, or any free one where it is taken."""
    with listen(usual) as listening:
        port: int = listening.getsockname()[1]
    return port


def listen(port: int = PORT) -> socket.socket:
    """Listen at a port, or at any free one where it is taken."""
    try:
        return socket.create_server((HOST, port))
    except OSError:
        return socket.create_server((HOST, 0))


def address_of(listening: socket.socket) -> str:
    """Give the address to open."""
    return address_at(listening.getsockname()[1])


def address_at(port: int) -> str:
    """Give the address of the page at a port."""
    return f"http://{HOST}:{port}/"


def serve(state: Path, listening: socket.socket, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is called once requests are answered."""
    config = uvicorn.Config(
        application(state, ready),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    uvicorn.Server(config).run(sockets=[listening])


def open_in_browser(address: str) -> bool:
    """Open a browser where there is a screen for one; a browser in the terminal would take it over."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False
