"""Tables that change while one looks: their columns, and cells, written first here and again by static/live.js."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

SHORT: Final = {"text": "t", "look": "c", "link": "h", "badge": "b", "points": "p", "key": "k", "cells": "c"}
"""Names on the wire."""


class Column(msgspec.Struct, frozen=True):
    """A title, and the classes of its cells: `number`, `less` (left out on a phone), `text` (cut where too long)."""

    title: str
    look: str = ""
    sort: bool = False


class Cell(msgspec.Struct, frozen=True, omit_defaults=True, rename=SHORT):
    """One cell. `badge` frames the text, as `severity high`; `points` is a line to draw, as SVG wants it."""

    text: str
    look: str = ""
    link: str = ""
    badge: str = ""
    points: str = ""


class Row(msgspec.Struct, frozen=True, rename=SHORT):
    """A row that keeps its key whatever it shows."""

    key: str
    cells: tuple[Cell, ...]


def row(key: str, cells: Iterable[Cell | str]) -> Row:
    """Make a row; plain text is a plain cell."""
    return Row(key, tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in cells))


def plain(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Give rows as static/live.js reads them."""
    return [msgspec.to_builtins(each) for each in rows]


def number(value: float | None, digits: int = 0, unit: str = "") -> str:
    """Write a number, a dash where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}{unit}"
