"""Zstandard as Arrow has it: standard frames that `zstd -d` and DuckDB read too."""

from typing import Final, cast

import pyarrow as pa

_LEVEL: Final = 1
_codec = pa.Codec("zstd", compression_level=_LEVEL)


def compress(data: bytes) -> bytes:
    """Make one frame."""
    return cast(bytes, _codec.compress(data, asbytes=True))


def decompress(data: bytes) -> bytes:
    """Read all frames; raises `OSError` where they are damaged."""
    return cast(bytes, pa.CompressedInputStream(pa.BufferReader(data), "zstd").read())
