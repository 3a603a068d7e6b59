"""Texts as 64-bit numbers, straight from Arrow's buffers.

Engine keys are seeded per deployment, so that nobody can craft colliding ids; 0 stands for null.
"""

from typing import Any, NamedTuple

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


def _hash_column(starts, words, first_byte, bits, first_bit, seed, out):
    for row in range(out.size):
        bit = first_bit + row
        if bits.size == 0 or (bits[bit >> 3] >> (bit & 7)) & 1:
            begin = np.int64(starts[row]) - first_byte
            out[row] = text_hash(words, begin, np.int64(starts[row + 1]) - first_byte, seed)
        else:
            out[row] = 0


def _code_column(starts, words, first_byte, bits, first_bit, known, codes, out):
    for row in range(out.size):
        bit = first_bit + row
        code = np.int64(0)
        if bits.size == 0 or (bits[bit >> 3] >> (bit & 7)) & 1:
            begin = np.int64(starts[row]) - first_byte
            key = text_hash(words, begin, np.int64(starts[row + 1]) - first_byte, np.int64(0))
            code = np.int64(127)
            for k in range(known.size):
                if known[k] == key:
                    code = codes[k]
                    break
        out[row] = code


_hash_column_compiled = entry(_hash_column)
code_column = entry(_code_column)
"""Give each text's code among known hashes (seed 0): 0 for null, 127 for an unknown word."""


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Make an array read-only, as views of Arrow's buffers are: kernels compile anew for each mixture of the two."""
    array.flags.writeable = False
    return array


_NO_BITS = frozen(np.empty(0, np.uint8))
_NO_STARTS = frozen(np.zeros(1, np.int32))


class Texts(NamedTuple):
    """A text column's bytes in little-endian, padded `words`: row k is [starts[k], starts[k + 1]) − `first_byte`."""

    starts: NDArray[np.int32]
    words: NDArray[np.uint64]
    first_byte: int
    bits: NDArray[np.uint8]
    first_bit: int


def validity_of(column: pa.Array) -> NDArray[np.uint8]:
    """Give the validity bits of a column, none where nothing is null; its own rows begin at bit `column.offset`."""
    if not column.null_count:
        return _NO_BITS
    return frozen(np.frombuffer(column.buffers()[0], np.uint8))


def texts_of(column: pa.Array) -> Texts:
    """Copy the bytes of a string column into words, so that unaligned loads stay inside."""
    if not pa.types.is_string(column.type):
        column = column.cast(pa.string())
    _, offsets, data = column.buffers()
    if not len(column) or offsets is None:
        return Texts(_NO_STARTS, np.zeros(2, np.uint64), 0, _NO_BITS, 0)
    starts = frozen(np.frombuffer(offsets, np.int32, len(column) + 1, 4 * column.offset))
    first, last = int(starts[0]), int(starts[-1])
    words = np.zeros((last - first) // 8 + 2, np.uint64)
    if last > first:
        words.view(np.uint8)[: last - first] = np.frombuffer(data, np.uint8, last - first, first)
    return Texts(starts, words, first, validity_of(column), column.offset)


def hash_texts(column: pa.Array, seed: int) -> NDArray[np.int64]:
    """Hash a string or dictionary column, row by row; null gives 0."""
    if pa.types.is_dictionary(column.type):
        keys = hash_texts(column.dictionary, seed)
        codes = column.indices
        if codes.null_count:
            keys = np.append(keys, np.int64(0))
            codes = codes.fill_null(len(keys) - 1)
        return keys[codes.to_numpy(zero_copy_only=False)]
    out = np.empty(len(column), np.int64)
    _hash_column_compiled(*texts_of(column), seed, out)
    return out


def hash_text(text: str, seed: int) -> int:
    """Hash one text as `hash_texts` does."""
    return int(hash_texts(pa.array([text], pa.string()), seed)[0])
