"""Files as binary streams: what wraps them is taken off, and what ends early is found out.

Wrapping is told by the first bytes; a name that promises a wrapping the bytes don't have is an error.
"""

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, cast

import pyarrow as pa

from surveillance.errors import FormatError
from surveillance.feeds.feed import FileSource

MAGIC: Final = {
    "gz": b"\x1f\x8b",
    "xz": b"\xfd7zXZ\x00",
    "zip": b"PK",
    "zst": b"\x28\xb5\x2f\xfd",
    "parquet": b"PAR1",
}
_DAMAGE: Final = (
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    struct.error,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    pa.ArrowException,
)


def wrapping(source: FileSource) -> str | None:
    """Name a file's wrapping: `gz`, `xz`, `zip`, `zst`, `parquet`, or None for plain bytes.

    Raises `FormatError` if the file is empty or its name promises another wrapping.
    """
    source.stream.seek(0)
    head = source.stream.read(8)
    source.stream.seek(0)
    if not head:
        raise FormatError(f"{source.name} is empty.")
    found = next((kind for kind, magic in MAGIC.items() if head.startswith(magic)), None)
    suffix = source.name.lower().rpartition(".")[2]
    if suffix in MAGIC and suffix != found:
        raise FormatError(f"{source.name} is named .{suffix} but holds no {suffix} data.")
    return found


def unwrapped(source: FileSource) -> Iterator[FileSource]:
    """Give the plain files in a file, in name order; their names keep the outer name as a folder.

    Reading one raises `FormatError` where the wrapping ends early or is damaged.
    """
    kind = wrapping(source)
    if kind == "zip":
        yield from _zipped(source)
    elif kind in ("gz", "xz", "zst"):
        inner = source.name[: -len(kind) - 1] if source.name.lower().endswith("." + kind) else source.name
        yield FileSource(inner, _guarded(source.name, kind, _decompressed(source.stream, kind)))
    else:
        yield source


def _decompressed(stream: BinaryIO, kind: str) -> Any:
    if kind == "gz":
        return gzip.GzipFile(fileobj=stream)
    if kind == "xz":
        return lzma.LZMAFile(stream)
    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")


def zip_names(source: FileSource) -> list[str]:
    """List the files in a zip, sorted, without folders and an archiver's own notes."""
    try:
        with zipfile.ZipFile(source.stream) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except _DAMAGE as error:
        raise FormatError(f"{source.name} is truncated or damaged: its zip directory can't be read.") from error
    finally:
        source.stream.seek(0)
    if not all(name.isprintable() for name in names):
        raise FormatError(f"{source.name} is damaged: its zip directory holds names that are no text.")
    return sorted(name for name in names if not name.startswith("__MACOSX/"))


def _zipped(source: FileSource) -> Iterator[FileSource]:
    for name in zip_names(source):
        yield open_zipped(source, name)


def open_zipped(source: FileSource, name: str) -> FileSource:
    """Open one file of a zip by its name."""
    try:
        stream = zipfile.ZipFile(source.stream).open(name)  # noqa: SIM115 - the reader closes it
    except (*_DAMAGE, KeyError) as error:
        raise FormatError(f"{source.name} is truncated or damaged: {name} in it can't be opened.") from error
    return FileSource(f"{source.name}/{name}", _guarded(source.name, "zip", stream))


class _Guard(io.RawIOBase):
    """Reads on, and turns every failure of the wrapping into one sentence."""

    def __init__(self, name: str, kind: str, inner: Any) -> None:
        super().__init__()
        self._name, self._kind, self._inner = name, kind, inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._inner.read(len(buffer))
        except EOFError as error:
            raise FormatError(f"{self._name} is truncated: its {self._kind} data ends early.") from error
        except _DAMAGE as error:
            raise FormatError(f"{self._name} is truncated or damaged: its {self._kind} data can't be read.") from error
        buffer[: len(data)] = data
        return len(data)


def _guarded(name: str, kind: str, inner: Any) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Guard(name, kind, inner), 1 << 20))
