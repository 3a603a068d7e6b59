"""Texts as 64-bit numbers, straight from Arrow's buffers.

Engine keys are seeded per deployment, so that nobody can craft colliding ids; 0 stands for null.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surveillance.engine.kernel import entry, kernel

_A = np.uint64(0x9E3779B97F4A7C15)
_B = np.uint64(0xD6E8FEB86659FD93)
_32 = np.uint64(32)
_3 = np.uint64(3)
_64 = np.uint64(64)
_0 = np.uint64(0)
_1 = np.uint64(1)


@kernel
def mix(key, other):
    """Combine two keys into one that is neither; never 0."""
    h = (np.uint64(key) ^ (np.uint64(other) * _A)) * _B
    h ^= h >> _32
    h *= _A
    h ^= h >> _32
    return np.int64(h) if h != _0 else np.int64(1)


@kernel
def text_hash(words, start, end, seed):
    """Hash the bytes [start, end) of a little-endian word array that has one word of padding."""
    h = np.uint64(seed) ^ (np.uint64(end - start) * _A)
    place = start
    while place < end:
        word = place >> 3
        shift = np.uint64(place & 7) * np.uint64(8)
        value = words[word] >> shift
        if shift != _0:
            value |= words[word + 1] << (_64 - shift)
        left = end - place
        if left < 8:
            value &= (_1 << (np.uint64(left) << _3)) - _1
        h = (h ^ value) * _B
        h ^= h >> _32
        place += 8
    h *= _A
    h ^= h >> _32
    return np.int64(h) if h != _0 else np.int64(1)


def _hash_column(offsets, words, valid, seed, out):
    for row in range(out.size):
        known = valid.size == 0 or valid[row >> 3] >> (row & 7) & 1
        out[row] = text_hash(words, np.int64(offsets[row]), np.int64(offsets[row + 1]), seed) if known else 0


_hash_column_compiled = entry(_hash_column)


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Make an array read-only, as views of Arrow's buffers are: kernels compile anew for each mixture of the two."""
    array.flags.writeable = False
    return array


_NO_BITS = frozen(np.empty(0, np.uint8))


def padded_words(buffer: pa.Buffer | None) -> NDArray[np.uint64]:
    """Copy a buffer into 64-bit words with padding, so that unaligned loads stay inside."""
    length = buffer.size if buffer is not None else 0
    words = np.zeros(length // 8 + 2, np.uint64)
    if buffer is not None and length:
        words.view(np.uint8)[:length] = np.frombuffer(buffer, np.uint8)
    return words


def text_buffers(column: pa.Array) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint8]]:
    """Give offsets (rows + 1), data words and validity bits (empty where nothing is null) of a string array."""
    if column.offset:
        column = pa.concat_arrays([column])
        if column.offset:
            column = column.take(pa.array(range(len(column))))
    validity, offsets, data = column.buffers()
    if offsets is None or offsets.size == 0:
        starts = frozen(np.zeros(len(column) + 1, np.int32))
    else:
        starts = frozen(np.frombuffer(offsets, np.int32, len(column) + 1))
    bits = _NO_BITS
    if validity is not None and column.null_count:
        bits = frozen(np.frombuffer(validity, np.uint8))
    return starts, padded_words(data), bits


def hash_texts(column: pa.Array, seed: int) -> NDArray[np.int64]:
    """Hash a string or dictionary column, row by row; null gives 0."""
    if pa.types.is_dictionary(column.type):
        keys = hash_texts(column.dictionary, seed)
        codes = column.indices
        if codes.null_count:
            keys = np.append(keys, np.int64(0))
            codes = codes.fill_null(len(keys) - 1)
        return keys[codes.to_numpy(zero_copy_only=False)]
    if not pa.types.is_string(column.type):
        column = column.cast(pa.string())
    out = np.empty(len(column), np.int64)
    offsets, words, valid = text_buffers(column)
    _hash_column_compiled(offsets, words, valid, np.int64(seed), out)
    return out


def hash_text(text: str, seed: int) -> int:
    """Hash one text as `hash_texts` does."""
    return int(hash_texts(pa.array([text], pa.string()), seed)[0])
