"""Arrow columns as the arrays kernels take: texts as keys or codes, nulls as sentinels; one kernel call a column.

Every array comes out read-only and contiguous, so that a kernel is compiled once, whatever columns a batch has.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surveillance.engine.hashing import (
    Texts,
    code_column,
    frozen,
    hash_text,
    hash_texts,
    texts_of,
    validity_of,
)
from surveillance.engine.kernel import entry

NONE: Final = -(2**63)
"""Stands for null in integer fields."""
UNKNOWN: Final = 127
"""The code of a word that is not in its vocabulary."""

NO_KEYS: Final = frozen(np.empty(0, np.int64))
_NO_NUMBERS: Final = frozen(np.empty(0, np.float64))
_NO_CODES: Final = frozen(np.empty(0, np.int8))
_NO_SETS: Final = frozen(np.empty(0, np.int16))


def _take_numbers(values, bits, first_bit, reasons, not_finite, out):
    """Copy numbers; a null becomes NaN, a row with a number that is not finite gets a reason."""
    for i in range(out.size):
        bit = first_bit + i
        if bits.size == 0 or (bits[bit >> 3] >> (bit & 7)) & 1:
            out[i] = values[i]
            if not np.isfinite(values[i]):
                reasons[i] = not_finite
        else:
            out[i] = np.nan


def _take_integers(values, bits, first_bit, out):
    for i in range(out.size):
        bit = first_bit + i
        out[i] = values[i] if (bits[bit >> 3] >> (bit & 7)) & 1 else NONE


def _take_flags(values, value_bit, bits, first_bit, out):
    for i in range(out.size):
        bit, known = value_bit + i, first_bit + i
        out[i] = (values[bit >> 3] >> (bit & 7)) & 1
        if bits.size and not (bits[known >> 3] >> (known & 7)) & 1:
            out[i] = 0


def _fold(offsets, codes, out):
    """Give each row's set of codes as bits."""
    for i in range(out.size):
        members = 0
        for k in range(offsets[i], offsets[i + 1]):
            if 0 < codes[k] < UNKNOWN:
                members |= 1 << (codes[k] - 1)
        out[i] = members


_numbers = entry(_take_numbers)
_integers = entry(_take_integers)
_flags = entry(_take_flags)
_folded = entry(_fold)


class Vocabulary:
    """A closed set of words and their codes."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self._words = dict(words)
        self._known = frozen(np.array([hash_text(word, 0) for word in words], np.int64))
        self._codes = frozen(np.array(list(words.values()), np.int64))

    def codes(self, column: pa.Array) -> NDArray[np.int64]:
        """Give each row's code: 0 for null, `UNKNOWN` for a word that is not in the vocabulary."""
        if pa.types.is_dictionary(column.type):
            words = column.dictionary.to_pylist()
            codes = np.array([self._words.get(word, UNKNOWN) for word in words] + [0], np.int64)
            indices = column.indices.fill_null(len(words)) if column.indices.null_count else column.indices
            return frozen(codes[indices.to_numpy(zero_copy_only=False)])
        out = np.empty(len(column), np.int64)
        code_column(*texts_of(column), self._known, self._codes, out)
        return frozen(out)


class Columns:
    """The columns of one table; one that is absent or all null comes out with no rows."""

    def __init__(self, table: pa.Table, seed: int, not_finite: int) -> None:
        self._seed = seed
        self._not_finite = not_finite
        self.rows = table.num_rows
        self.reasons = np.zeros(self.rows, np.int8)
        self._present: dict[str, pa.Array] = {}
        for name, chunked in zip(table.column_names, table.columns, strict=True):
            column = _whole(chunked)
            if column is not None and column.null_count < self.rows:
                self._present[name] = column

    def key(self, name: str) -> NDArray[np.int64]:
        """Give the texts of a column as keys; null is 0."""
        column = self._present.get(name)
        return NO_KEYS if column is None else frozen(hash_texts(column, self._seed))

    def integer(self, name: str) -> NDArray[np.int64]:
        """Give an integer column; null is `NONE`."""
        column = self._present.get(name)
        if column is None:
            return NO_KEYS
        values = frozen(np.frombuffer(column.buffers()[1], np.int64, self.rows, 8 * column.offset))
        if not column.null_count:
            return values
        out = np.empty(self.rows, np.int64)
        _integers(values, validity_of(column), column.offset, out)
        return frozen(out)

    def number(self, name: str) -> NDArray[np.float64]:
        """Give a number column; null is NaN, a row with a NaN or an infinity gets its reason."""
        column = self._present.get(name)
        if column is None:
            return _NO_NUMBERS
        values = frozen(np.frombuffer(column.buffers()[1], np.float64, self.rows, 8 * column.offset))
        out = np.empty(self.rows)
        _numbers(values, validity_of(column), column.offset, self.reasons, self._not_finite, out)
        return frozen(out)

    def flag(self, name: str) -> NDArray[np.int8]:
        """Give a boolean column; null is false."""
        column = self._present.get(name)
        if column is None:
            return _NO_CODES
        out = np.empty(self.rows, np.int8)
        bits = frozen(np.frombuffer(column.buffers()[1], np.uint8))
        _flags(bits, column.offset, validity_of(column), column.offset, out)
        return frozen(out)

    def code(self, name: str, words: Vocabulary) -> NDArray[np.int64]:
        """Give the codes of a column of words."""
        column = self._present.get(name)
        return NO_KEYS if column is None else words.codes(column)

    def members(self, name: str, words: Vocabulary) -> NDArray[np.int16]:
        """Give a column of word lists as bit sets; unknown words are left out."""
        column = self._present.get(name)
        if column is None:
            return _NO_SETS
        lengths = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        values = column.flatten()
        out = np.zeros(self.rows, np.int16)
        if len(values):
            _folded(offsets, words.codes(values), out)
        return frozen(out)

    def texts(self, name: str) -> Texts:
        """Give the bytes of a text column; nothing where it is absent."""
        column = self._present.get(name)
        if column is not None and pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        return texts_of(column) if column is not None else texts_of(pa.array([], pa.string()))


def _whole(column: Any) -> pa.Array | None:
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else None
