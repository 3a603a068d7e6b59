"""Arrow columns read where they lie, through the Arrow C data interface.

Source: https://arrow.apache.org/docs/format/CDataInterface.html. A schema and an array are C structures of eight-byte
words; what a kernel needs of them is described once a batch, in one `COLUMN` record a field.
"""

import ctypes
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surveillance.engine.hashing import hash_text, text_hash
from surveillance.engine.kernel import entry, kernel
from surveillance.engine.memory import (
    Located,
    array_at,
    load_byte,
    load_float,
    load_int,
    load_int32,
)
from surveillance.events import (
    ACTIONS,
    CANCEL_REASONS,
    CONDITIONS,
    CORRECTIONS,
    INTERVALS,
    SCHEMA,
    SIDES,
    STATES,
    TIMES_IN_FORCE,
    TYPES,
)

NONE: Final = -(2**63)
"""Stands for null in integer fields."""
UNKNOWN: Final = 127
"""The code of a word that is not in its vocabulary."""

ABSENT, TEXT, DICTIONARY, INTEGER, NUMBER, FLAG, LIST = range(7)
COLUMN: Final = np.dtype(
    [
        ("kind", "i8"),
        ("bits", "i8"),  # address of the validity bits, 0 where nothing is null
        ("values", "i8"),  # of numbers, flags, offsets of texts and lists, or indices into a dictionary
        ("bytes", "i8"),  # of texts
        ("offset", "i8"),  # the column's first row
        ("words", "i8"),  # first place of its dictionary's keys or codes among those found so far
        ("size", "i8"),  # of the dictionary
        ("word_bits", "i8"),
        ("word_starts", "i8"),
        ("word_bytes", "i8"),
        ("word_offset", "i8"),
    ]
)

_LEFT_OUT = ("channel", "seq", "raw_conditions", "news_id", "headline", "url", "source")
_NAMES: Final = [name for name in SCHEMA.names if name not in _LEFT_OUT]
ITEM: Final = len(_NAMES)
"""The place of the words in lists of conditions."""
COLUMNS: Final = len(_NAMES) + 1
PLACE: Final = {name: place for place, name in enumerate(_NAMES)}


def _kind(data_type: pa.DataType) -> int:
    known = {pa.string(): TEXT, pa.int64(): INTEGER, pa.float64(): NUMBER, pa.bool_(): FLAG}
    return known.get(data_type, LIST)


KINDS: Final = np.array([_kind(SCHEMA.field(name).type) for name in _NAMES], np.int64)
_SLOTS: Final = 256


def _name_slots() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    keys, places = np.zeros(_SLOTS, np.int64), np.zeros(_SLOTS, np.int64)
    for place, name in enumerate(_NAMES):
        key = hash_text(name, 0)
        slot = key & (_SLOTS - 1)
        while keys[slot]:
            slot = (slot + 1) & (_SLOTS - 1)
        keys[slot], places[slot] = key, place
    return keys, places


_NAME_KEYS, _NAME_PLACES = _name_slots()

_VOCABULARIES = (
    TYPES,
    ACTIONS,
    SIDES,
    STATES,
    CORRECTIONS,
    TIMES_IN_FORCE,
    CANCEL_REASONS,
    CONDITIONS,
    INTERVALS,
)
_WORDS: Final = np.array([hash_text(word, 0) for words in _VOCABULARIES for word in words], np.int64)
_CODES: Final = np.array([code for words in _VOCABULARIES for code in words.values()], np.int64)
_STARTS: Final = np.cumsum([0] + [len(words) for words in _VOCABULARIES])
(
    TYPE_WORDS,
    ACTION_WORDS,
    SIDE_WORDS,
    STATE_WORDS,
    CORRECTION_WORDS,
    TIME_IN_FORCE_WORDS,
    REASON_WORDS,
    CONDITION_WORDS,
    INTERVAL_WORDS,
) = range(len(_VOCABULARIES))
_U, _L, _G, _B, _I, _N, _PLUS, _SMALL_L = (ord(letter) for letter in "ulgbin+l")


@kernel
def _length(address):
    """Give the length of a text that ends with a zero byte."""
    count = 0
    while load_byte(address + count):
        count += 1
    return count


@kernel
def _place_of(name):
    key = text_hash(name, _length(name), 0)
    slot = key & (_SLOTS - 1)
    while _NAME_KEYS[slot]:
        if _NAME_KEYS[slot] == key:
            return _NAME_PLACES[slot]
        slot = (slot + 1) & (_SLOTS - 1)
    return -1


@kernel
def _describe_one(column, schema, array, wanted, words):
    """Describe one column; gives the dictionary words so far, or −1 where its type is not the contract's."""
    form = load_int(schema)
    letter = load_byte(form)
    buffers = load_int(array + 40)
    column.bits = load_int(buffers) if load_int(array + 8) else 0
    column.values = load_int(buffers + 8)
    column.offset = load_int(array + 16)
    dictionary = load_int(array + 56)
    if wanted == TEXT and dictionary:
        texts = load_int(dictionary + 40)
        if letter != _I or load_byte(load_int(load_int(schema + 48))) != _U:
            return -1
        column.kind = DICTIONARY
        column.words = words
        column.size = load_int(dictionary)
        column.word_bits = load_int(texts) if load_int(dictionary + 8) else 0
        column.word_starts = load_int(texts + 8)
        column.word_bytes = load_int(texts + 16)
        column.word_offset = load_int(dictionary + 16)
        return words + column.size
    if dictionary:
        return -1
    if wanted == TEXT and letter == _U:
        column.bytes = load_int(buffers + 16)
    elif not (
        (wanted == INTEGER and letter == _SMALL_L)
        or (wanted == NUMBER and letter == _G)
        or (wanted == FLAG and letter == _B)
        or (wanted == LIST and letter == _PLUS and load_byte(form + 1) == _SMALL_L)
    ):
        return -1
    column.kind = wanted
    return words


def _describe(schema, array, columns_address):
    """Describe a record batch; gives how many dictionary words it has, or −1 − the child that is of another type."""
    columns = array_at(columns_address, (COLUMNS,), COLUMN)
    words = 0
    for child in range(load_int(schema + 32)):
        of = load_int(load_int(schema + 40) + 8 * child)
        data = load_int(load_int(array + 48) + 8 * child)
        place = _place_of(load_int(of + 8))
        if place < 0 or load_byte(load_int(of)) == _N:
            continue
        words = _describe_one(columns[place], of, data, KINDS[place], words)
        if words >= 0 and columns[place].kind == LIST:
            items = load_int(load_int(of + 40))
            if load_byte(load_int(items)) != _N:
                words = _describe_one(columns[ITEM], items, load_int(load_int(data + 48)), TEXT, words)
        if words < 0:
            return -1 - child
    return words


_compiled_describe = entry(_describe)


@kernel
def _is_null_at(bits, place):
    return bits != 0 and not (load_byte(bits + (place >> 3)) >> (place & 7)) & 1


@kernel
def is_null(column, row):
    """Say whether a row of a column is null."""
    return _is_null_at(column.bits, column.offset + row)


@kernel
def number(column, row):
    """Give a number; null is NaN."""
    place = column.offset + row
    if column.kind == ABSENT or _is_null_at(column.bits, place):
        return np.nan
    return load_float(column.values + 8 * place)


@kernel
def integer(column, row):
    """Give an integer; null is `NONE`."""
    place = column.offset + row
    if column.kind == ABSENT or _is_null_at(column.bits, place):
        return NONE
    return load_int(column.values + 8 * place)


@kernel
def flag(column, row):
    """Give a flag; null is false."""
    place = column.offset + row
    if column.kind == ABSENT or _is_null_at(column.bits, place):
        return 0
    return (load_byte(column.values + (place >> 3)) >> (place & 7)) & 1


@kernel
def _word(column, place):
    """Give the place of a row's word in its dictionary, −1 for null."""
    if _is_null_at(column.bits, place):
        return -1
    word = np.int64(load_int32(column.values + 4 * place))
    if word < 0 or word >= column.size or _is_null_at(column.word_bits, column.word_offset + word):
        return -1
    return word


@kernel
def _between(starts, texts, place):
    start = np.int64(load_int32(starts + 4 * place))
    return texts + start, np.int64(load_int32(starts + 4 * (place + 1))) - start


@kernel
def text(column, row):
    """Give address and length of a text; null is (0, 0)."""
    place = column.offset + row
    if column.kind == DICTIONARY:
        word = _word(column, place)
        if word >= 0:
            return _between(column.word_starts, column.word_bytes, column.word_offset + word)
    elif column.kind != ABSENT and not _is_null_at(column.bits, place):
        return _between(column.values, column.bytes, place)
    return np.int64(0), np.int64(0)


@kernel
def key(column, row, seed, found):
    """Give a text's key; null is 0. Keys of dictionary words are kept in `found`."""
    if column.kind == ABSENT:
        return np.int64(0)
    place = column.offset + row
    if column.kind == TEXT:
        if _is_null_at(column.bits, place):
            return np.int64(0)
        address, length = _between(column.values, column.bytes, place)
        return text_hash(address, length, seed)
    word = _word(column, place)
    if word < 0:
        return np.int64(0)
    known = found[column.words + word]
    if known == 0:
        address, length = _between(column.word_starts, column.word_bytes, column.word_offset + word)
        known = text_hash(address, length, seed)
        found[column.words + word] = known
    return known


@kernel
def _code_of(address, length, vocabulary):
    wanted = text_hash(address, length, 0)
    for k in range(_STARTS[vocabulary], _STARTS[vocabulary + 1]):
        if _WORDS[k] == wanted:
            return _CODES[k]
    return np.int64(UNKNOWN)


@kernel
def code(column, row, vocabulary, found):
    """Give a word's code: 0 for null, `UNKNOWN` where the vocabulary lacks it."""
    if column.kind == ABSENT:
        return np.int64(0)
    place = column.offset + row
    if column.kind == TEXT:
        if _is_null_at(column.bits, place):
            return np.int64(0)
        address, length = _between(column.values, column.bytes, place)
        return _code_of(address, length, vocabulary)
    word = _word(column, place)
    if word < 0:
        return np.int64(0)
    known = found[column.words + word]
    if known == 0:
        address, length = _between(column.word_starts, column.word_bytes, column.word_offset + word)
        known = _code_of(address, length, vocabulary) + 2
        found[column.words + word] = known
    return known - 2


@kernel
def members(columns, place_of_list, row, vocabulary, found):
    """Give a list of words as bits by code; unknown words are left out."""
    lists, items = columns[place_of_list], columns[ITEM]
    place = lists.offset + row
    bits = 0
    if lists.kind != ABSENT and not _is_null_at(lists.bits, place):
        for item in range(load_int32(lists.values + 4 * place), load_int32(lists.values + 4 * (place + 1))):
            member = code(items, item, vocabulary, found)
            if 0 < member < UNKNOWN:
                bits |= 1 << (member - 1)
    return bits


_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype = ctypes.c_void_p
_pointer.argtypes = (ctypes.py_object, ctypes.c_char_p)


class Described:
    """Columns as records, with room for the keys of `words` dictionary words; it keeps alive what they point at."""

    def __init__(self, columns: Located, words: int, kept: object) -> None:
        self.columns = columns.array
        self.address = columns.address
        self.found = np.zeros(words, np.int64)
        self._kept = kept


def of_table(table: pa.Table, columns: Located | None = None) -> Described:
    """Describe a table's columns, in the given room for them or a new one."""
    columns = columns or Located(np.empty(COLUMNS, COLUMN))
    columns.array[:] = 0
    words, kept = _describe_table(table, columns.address)
    if words < 0:
        columns.array[:] = 0
        words, kept = _describe_table(_as_contract(table), columns.address)
    return Described(columns, words, kept)


def _describe_table(table: pa.Table, columns: int) -> tuple[int, object]:
    batches = table.to_batches()
    if len(batches) > 1:
        batches = table.combine_chunks().to_batches()
    if len(batches) > 1:
        raise ValueError("A batch holds more text than one Arrow column can; feed it in smaller pieces.")
    if not batches:
        return 0, None
    capsules = schema, array = batches[0].__arrow_c_array__()
    words = _compiled_describe(_pointer(schema, b"arrow_schema"), _pointer(array, b"arrow_array"), columns)
    return words, capsules


def _as_contract(table: pa.Table) -> pa.Table:
    """Give the contract's columns in the contract's types; raises `pyarrow.ArrowInvalid` where a value has none."""
    fields = [SCHEMA.field(name) for name in table.column_names if name in SCHEMA.names]
    return table.select([field.name for field in fields]).cast(pa.schema(fields))
