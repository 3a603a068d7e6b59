"""Where `--lake` of history points: a folder, or a prefix of a bucket."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from surveillance.errors import InputError

if TYPE_CHECKING:
    from surveillance.adapters.objects import Objects

HISTORY = Path(".local/history")

HistoryLake = Annotated[str, typer.Option("--lake", help="Lake of history: a folder, or s3://BUCKET/PREFIX.")]


def open_objects(place: str) -> "Objects":
    """Open a folder (made when first written to) or a bucket; raises `InputError` for a file."""
    from surveillance.adapters.objects import BucketObjects, FolderObjects

    if place.startswith("s3://"):
        from surveillance.adapters.clients import client

        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        return BucketObjects(client("s3", 60.0), bucket, prefix and f"{prefix.rstrip('/')}/")
    folder = Path(place)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{place} is a file, not a folder for a lake.")
    return FolderObjects(folder)
