"""Path arguments to readings of one format: folders opened up, pairs of files put together."""

import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from surveillance.errors import FormatError, InputError

if TYPE_CHECKING:
    from surveillance.feeds import Feed, FileSource, Options, Reading

READ_WHOLE_BYTES: Final = 1 << 20
"""Files up to this size are read at once, so that a folder of thousands doesn't hold as many open files."""


def readings(paths: Sequence[Path], feed: "Feed", options: "Options") -> "list[Reading]":
    """Open every file the arguments stand for, in their order; a folder's files of the format in path order.

    Raises `InputError` for a path that isn't there or a folder without such a file, `FormatError` as the feed does.
    """
    files = [file for path in paths for file in _files(path, feed)]
    given = {str(file) for file in files}
    leading = [file for file in files if not _is_read_beside(str(file), given, feed)]
    return [feed.read(_source(file, feed), options) for file in leading]


def _files(path: Path, feed: "Feed") -> Iterable[Path]:
    if not path.exists():
        raise InputError(f"{path} does not exist.")
    if not path.is_dir():
        return [path]
    found = list(_of_format(path, feed))
    if not found:
        raise FormatError(f"{path} is a folder without a file of {feed.title}.")
    return found


def _of_format(folder: Path, feed: "Feed") -> Iterator[Path]:
    from surveillance.feeds import chosen

    names = [str(file) for file in folder.rglob("*") if file.is_file()]
    for name in chosen(feed, names):
        if feed.recognises(_source(Path(name), feed)):
            yield Path(name)


def _is_read_beside(name: str, given: set[str], feed: "Feed") -> bool:
    if not feed.is_companion(name):
        return False
    return any(feed.companion_name(other) == name for other in given)


def _source(path: Path, feed: "Feed") -> "FileSource":
    from surveillance.feeds import FileSource

    beside = feed.companion_name(str(path))
    companion = FileSource(beside, _stream(Path(beside))) if beside and Path(beside).is_file() else None
    return FileSource(str(path), _stream(path), companion)


def _stream(path: Path) -> BinaryIO:
    try:
        if path.is_file() and path.stat().st_size <= READ_WHOLE_BYTES:
            return io.BytesIO(path.read_bytes())
        stream = path.open("rb")
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}.") from error
    if not stream.seekable():
        stream.close()
        raise InputError(f"{path} is no regular file.")
    return stream
