"""Well-formed NDJSON events to Arrow columns, in one pass over the bytes.

What is not plain is declined whole and left to `wire`'s slower readers: escapes, keys that no event has, keys given
twice, values of another type, integers beyond 64 bits. What is read is read exactly as those would.
"""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surveillance.engine import arrow
from surveillance.engine.kernel import entry, kernel
from surveillance.engine.memory import (
    Located,
    address_of,
    array_at,
    load_byte,
    load_half,
    load_int,
    store_int,
    trailing_zeros,
)
from surveillance.events import SCHEMA

_TEXT, _INTEGER, _NUMBER, _FLAG, _LIST = range(5)
_KIND_OF: Final[dict[pa.DataType, int]] = {
    pa.string(): _TEXT,
    pa.int64(): _INTEGER,
    pa.float64(): _NUMBER,
    pa.bool_(): _FLAG,
}
KINDS: Final = np.array([_KIND_OF.get(field.type, _LIST) for field in SCHEMA], np.int64)
COLUMN: Final = np.dtype(
    [
        ("wanted", "i8"),
        ("last", "i8"),  # the row that named it last
        ("count", "i8"),  # of values that are not null
        ("bits", "i8"),  # address of the validity bits
        ("values", "i8"),  # of numbers, of flags as bits, of the offsets of texts and lists
        ("bytes", "i8"),  # of texts and of a list's texts
        ("used", "i8"),  # bytes of text so far
        ("items", "i8"),  # address of the offsets of a list's texts
        ("item_count", "i8"),
    ]
)
HARD: Final = np.dtype([("column", "i8"), ("row", "i8"), ("start", "i8"), ("length", "i8")])
"""A number that needs more than one exact multiplication or division."""
_HARD_PER_ROW: Final = 2
_PADDING: Final = 32
_DECLINED: Final = -1
_UNFORESEEN: Final = -2
"""Results: −2 − the place of a field that was not wanted yet."""
_WORDS: Final = 3
"""Words of eight bytes in the longest name that is looked up."""
_SLOTS: Final = 256
_LARGEST_EXACT: Final = 2**53
_POWERS: Final = np.array([10.0**k for k in range(23)])
_QUOTE, _BACKSLASH, _COMMA, _COLON, _MINUS, _PLUS, _POINT = (ord(letter) for letter in '"\\,:-+.')
_OPEN, _CLOSE, _OPEN_LIST, _CLOSE_LIST, _E, _SMALL_E = (ord(letter) for letter in "{}[]Ee")
_ZERO, _SPACE, _TAB, _RETURN, _NEWLINE = (ord(letter) for letter in "0 \t\r\n")


def _word(text: bytes) -> int:
    return int.from_bytes(text.ljust(8, b"\0"), "little", signed=True)


_ONES, _HIGHS, _SPACES, _QUOTES, _BACKSLASHES = (
    np.int64(_word(bytes([value]) * 8)) for value in (1, 0x80, _SPACE, _QUOTE, _BACKSLASH)
)
_ZEROS, _SIXES, _UPPER = (np.int64(_word(bytes([value]) * 8)) for value in (_ZERO, 6, 0xF0))
_NULL, _TRUE, _FALS = (_word(text) for text in (b"null", b"true", b"fals"))
_MASKS: Final = np.array([_word(b"\xff" * count) for count in range(9)], np.int64)
_DESCRIBED_WORDS: Final = arrow.COLUMN.itemsize // 8
_SPREAD: Final = np.int64(-7046029254386353131)


@kernel
def _slot(first, second):
    return ((first ^ (second << 7)) * _SPREAD >> 55) & (_SLOTS - 1)


def _name_table() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the place of each field's name by slot, −1 where there is none, and the names as words."""
    places = np.full(_SLOTS, -1, np.int64)
    names = np.zeros((len(SCHEMA), _WORDS), np.int64)
    with np.errstate(over="ignore"):
        for place, name in enumerate(SCHEMA.names):
            names[place] = [_word(name.encode()[8 * k : 8 * k + 8]) for k in range(_WORDS)]
            slot = int(_slot(names[place, 0], names[place, 1]))
            while places[slot] >= 0:
                slot = (slot + 1) & (_SLOTS - 1)
            places[slot] = place
    return places, names


_PLACES: Final = {name: place for place, name in enumerate(SCHEMA.names)}
_SLOT_PLACES, _NAMES = _name_table()
_KNOWN_AS: Final = np.array([arrow.PLACE.get(name, -1) for name in SCHEMA.names], np.int64)
"""Each field's place among the columns that the engine reads."""


@kernel
def _special(word):
    """Mark the bytes of a word that end plain text: quote, backslash, control. The lowest mark is right."""
    quote = word ^ _QUOTES
    backslash = word ^ _BACKSLASHES
    found = (quote - _ONES) & ~quote | (backslash - _ONES) & ~backslash | (word - _SPACES) & ~word
    return found & _HIGHS


@kernel
def _place_of(name, length):
    """Find a field by the address and length of its name; −1 where no event has it."""
    if length > 8 * _WORDS:
        return -1
    first = load_int(name) & _MASKS[min(length, 8)]
    second = load_int(name + 8) & _MASKS[min(max(length - 8, 0), 8)]
    third = load_int(name + 16) & _MASKS[max(length - 16, 0)]
    slot = _slot(first, second)
    while _SLOT_PLACES[slot] >= 0:
        place = _SLOT_PLACES[slot]
        if _NAMES[place, 0] == first and _NAMES[place, 1] == second and _NAMES[place, 2] == third:
            return place
        slot = (slot + 1) & (_SLOTS - 1)
    return -1


@kernel
def _text_end(at):
    """Find the quote that ends a plain text; −1 where it is not plain."""
    found = _special(load_int(at))
    while not found:
        at += 8
        found = _special(load_int(at))
    at += trailing_zeros(found) >> 3
    return at if load_byte(at) == _QUOTE else np.int64(-1)


@kernel
def _copy_text(at, target):
    """Copy a plain text; gives its closing quote, −1 where it is not plain. Writes up to seven bytes beyond it."""
    word = load_int(at)
    store_int(target, word)
    found = _special(word)
    while not found:
        at += 8
        target += 8
        word = load_int(at)
        store_int(target, word)
        found = _special(word)
    at += trailing_zeros(found) >> 3
    return at if load_byte(at) == _QUOTE else np.int64(-1)


@kernel
def _after_blanks(at):
    while load_byte(at) <= _SPACE and (load_byte(at) == _SPACE or load_byte(at) == _TAB or load_byte(at) == _RETURN):
        at += 1
    return at


@kernel
def _eight_digits(word):
    """Say whether a word is eight digits: '0' to '9' stay in 0x30 to 0x3F when six is added, nothing else does."""
    return (word & _UPPER) == _ZEROS and ((word + _SIXES) & _UPPER) == _ZEROS


@kernel
def _value_of_eight(word):
    word = (word & 0x0F0F0F0F0F0F0F0F) * 2561 >> 8
    word = (word & 0x00FF00FF00FF00FF) * 6553601 >> 16
    return (word & 0x0000FFFF0000FFFF) * 42949672960001 >> 32


@kernel
def _digits(at, value):
    """Append digits to a value; gives the place after them and the value, which wraps beyond 64 bits."""
    word = load_int(at)
    while _eight_digits(word):
        value = value * 100_000_000 + _value_of_eight(word)
        at += 8
        word = load_int(at)
    digit = np.int64(load_byte(at)) - _ZERO
    while 0 <= digit <= 9:
        value = value * 10 + digit
        at += 1
        digit = np.int64(load_byte(at)) - _ZERO
    return at, value


@kernel
def _set(bits, row):
    at = array_at(bits + (row >> 3), (1,), np.uint8)
    at[0] |= np.uint8(1 << (row & 7))


@kernel
def _read_integer(at, column, row):
    """Read an integer; gives the place after it, −1 where it is another number or none."""
    negative = load_byte(at) == _MINUS
    at += negative
    end, value = _digits(at, np.int64(0))
    count = end - at
    if count == 0 or count > 19 or (count > 1 and load_byte(at) == _ZERO):
        return -1
    if count == 19 and value < 0:  # wrapped: 19 digits do so once at most, and into the negative
        return -1
    array_at(column.values + 8 * row, (1,), np.int64)[0] = -value if negative else value
    return end


@kernel
def _read_number(at, column, row):
    """Read a number; gives the place after it, −1 where there is none, and whether it is yet to be read exactly."""
    negative = load_byte(at) == _MINUS
    at += negative
    end, value = _digits(at, np.int64(0))
    count = end - at
    if count == 0 or (count > 1 and load_byte(at) == _ZERO):
        return np.int64(-1), False
    exponent = np.int64(0)
    if load_byte(end) == _POINT:
        begin = end + 1
        end, value = _digits(begin, value)
        exponent = begin - end
        if exponent == 0:
            return np.int64(-1), False
        count -= exponent
    if load_byte(end) == _E or load_byte(end) == _SMALL_E:
        end += 1
        below = load_byte(end) == _MINUS
        end += below or load_byte(end) == _PLUS
        begin = end
        end, written = _digits(begin, np.int64(0))
        if end == begin or end - begin > 3:
            return np.int64(-1), False
        exponent += -written if below else written
    if count > 18 or value > _LARGEST_EXACT or exponent < -22 or exponent > 22:
        return end, True
    result = np.float64(value)
    if exponent < 0:
        result /= _POWERS[-exponent]
    else:
        result *= _POWERS[exponent]
    array_at(column.values + 8 * row, (1,), np.float64)[0] = -result if negative else result
    return end, False


@kernel
def _read_list(at, column, row):
    """Read a list of plain texts; gives the place after it, −1 where it is something else."""
    at = _after_blanks(at + 1)
    if load_byte(at) == _CLOSE_LIST:
        return at + 1
    while True:
        if load_byte(at) != _QUOTE:
            return -1
        end = _copy_text(at + 1, column.bytes + column.used)
        if end < 0:
            return -1
        column.used += end - at - 1
        column.item_count += 1
        items = array_at(column.items, (column.item_count + 1,), np.int32)
        items[column.item_count] = column.used
        at = _after_blanks(end + 1)
        if load_byte(at) == _CLOSE_LIST:
            return at + 1
        if load_byte(at) != _COMMA:
            return -1
        at = _after_blanks(at + 1)


@kernel
def _read_value(at, column, kind, row):
    """Read what a column holds; gives the place after it, −1 where it does not fit, and whether it is yet to read."""
    hard = False
    if kind == _TEXT:
        if load_byte(at) != _QUOTE:
            return np.int64(-1), hard
        end = _copy_text(at + 1, column.bytes + column.used)
        if end < 0:
            return np.int64(-1), hard
        column.used += end - at - 1
        array_at(column.values + 4 * (row + 1), (1,), np.int32)[0] = column.used
        end += 1
    elif kind == _INTEGER:
        end = _read_integer(at, column, row)
    elif kind == _NUMBER:
        end, hard = _read_number(at, column, row)
    elif kind == _FLAG:
        word = np.int64(load_half(at))
        if word == _TRUE:
            _set(column.values, row)
            end = at + 4
        elif word == _FALS and load_byte(at + 4) == _SMALL_E:
            end = at + 5
        else:
            return np.int64(-1), hard
    elif load_byte(at) == _OPEN_LIST:
        end = _read_list(at, column, row)
        array_at(column.values + 4 * (row + 1), (1,), np.int32)[0] = column.item_count
    else:
        return np.int64(-1), hard
    return end, hard


@kernel
def _read_object(at, columns, row, hard, told):
    """Read what follows an opening brace; gives the place after the closing one, or a negative result."""
    at = _after_blanks(at)
    if load_byte(at) == _CLOSE:
        return at + 1
    while True:
        if load_byte(at) != _QUOTE:
            return _DECLINED
        end = _text_end(at + 1)
        if end < 0:
            return _DECLINED
        place = _place_of(at + 1, end - at - 1)
        if place < 0:
            return _DECLINED
        column = columns[place]
        if not column.wanted:
            return _UNFORESEEN - place
        if column.last == row:
            return _DECLINED
        column.last = row
        at = _after_blanks(end + 1)
        if load_byte(at) != _COLON:
            return _DECLINED
        at = _after_blanks(at + 1)
        if np.int64(load_half(at)) == _NULL:
            at += 4
        else:
            begin = at
            at, is_hard = _read_value(at, column, KINDS[place], row)
            if at < 0:
                return _DECLINED
            if is_hard:
                if told[0] == hard.size:
                    return _DECLINED
                hard[told[0]].column = place
                hard[told[0]].row = row
                hard[told[0]].start = begin
                hard[told[0]].length = at - begin
                told[0] += 1
            column.count += 1
            _set(column.bits, row)
        at = _after_blanks(at)
        if load_byte(at) == _CLOSE:
            return at + 1
        if load_byte(at) != _COMMA:
            return _DECLINED
        at = _after_blanks(at + 1)


@kernel
def _fill_offsets(column, rows):
    """Give null rows the offset of the row before them."""
    offsets = array_at(column.values, (rows + 1,), np.int32)
    for row in range(rows):
        offsets[row + 1] = max(offsets[row + 1], offsets[row])


@kernel
def _lay_out(columns, wanted, rows, length, items_size, fixed, texts):
    """Give each wanted column its room, as `Reader._sizes` counts it."""
    bits_size = _rounded((rows + 7) >> 3)
    for place in range(KINDS.size):
        column = columns[place]
        kind = KINDS[place]
        column.wanted = wanted[place]
        column.last = -1
        column.count = 0
        column.used = 0
        column.item_count = 0
        if not column.wanted:
            continue
        column.bits = fixed
        column.values = fixed + bits_size
        if kind == _FLAG:
            fixed += 2 * bits_size
        elif kind == _INTEGER or kind == _NUMBER:
            fixed += bits_size + _rounded(8 * rows)
        else:
            fixed += bits_size + _rounded(4 * (rows + 1))
            column.bytes = texts
            texts += length + 8
        if kind == _LIST:
            column.items = fixed
            fixed += items_size


@kernel
def _rounded(size):
    return (size + 63) & ~63


def _read(data, length, columns_address, wanted_address, rows, fixed, texts, hard_address, hard_room, told_address):
    """Fill columns from at most `rows` lines; gives the number of rows, or a negative result."""
    columns = array_at(columns_address, (KINDS.size,), COLUMN)
    hard = array_at(hard_address, (hard_room,), HARD)
    told = array_at(told_address, (1,), np.int64)
    _lay_out(columns, array_at(wanted_address, (KINDS.size,), np.int64), rows, length, told[0], fixed, texts)
    told[0] = 0
    at = data
    end = data + length
    row = 0
    while True:
        at = _after_blanks(at)
        while load_byte(at) == _NEWLINE:
            at = _after_blanks(at + 1)
        if at >= end:
            break
        if load_byte(at) != _OPEN:
            return _DECLINED
        at = _read_object(at + 1, columns, row, hard, told)
        if at < 0:
            return at
        at = _after_blanks(at)
        if load_byte(at) != _NEWLINE and at < end:
            return _DECLINED
        row += 1
    for place in range(KINDS.size):
        column = columns[place]
        if column.wanted and column.count < row and (KINDS[place] == _TEXT or KINDS[place] == _LIST):
            _fill_offsets(column, row)
    return row


def _describe(columns_address, rows, described_address):
    """Describe what was read as `arrow` describes a table's columns."""
    columns = array_at(columns_address, (KINDS.size,), COLUMN)
    described = array_at(described_address, (arrow.COLUMNS,), arrow.COLUMN)
    words = array_at(described_address, (arrow.COLUMNS * _DESCRIBED_WORDS,), np.int64)
    for k in range(words.size):
        words[k] = 0
    for place in range(KINDS.size):
        column = columns[place]
        known = _KNOWN_AS[place]
        if known < 0 or column.count == 0:
            continue
        described[known].kind = arrow.KINDS[known]
        described[known].bits = column.bits if column.count < rows else 0
        described[known].values = column.values
        described[known].bytes = column.bytes
        if arrow.KINDS[known] == arrow.LIST:
            described[arrow.ITEM].kind = arrow.TEXT
            described[arrow.ITEM].values = column.items
            described[arrow.ITEM].bytes = column.bytes
    return 0


_compiled_read = entry(_read, "ndjson", own_files=(__file__,))
_compiled_describe = entry(_describe, "ndjson_columns", own_files=(__file__,))


class Reader:
    """Reads whole lines of UTF-8 into the contract's columns; a `wire.Reader`."""

    def __init__(self) -> None:
        self._fields: set[str] = set()
        self._wanted = np.zeros(len(KINDS), np.int64)
        self._by_kind = [0] * (_LIST + 1)

    def __call__(self, data: bytes, fields: set[str]) -> "ReadRows | None":
        """Read the columns named in `fields`, or give None where a line is not plain.

        Fields that a line has beyond those are added to `fields`.
        """
        fields.add("type")
        padded = data + bytes(_PADDING)
        lines = data.count(b"\n") + 1
        while True:
            if fields != self._fields:
                self._want(fields)
            result = self._read(padded, len(data), lines, b"[" in data)
            if isinstance(result, ReadRows):
                return result
            if result == _DECLINED:
                return None
            fields.add(SCHEMA.names[_UNFORESEEN - result])

    def _want(self, fields: set[str]) -> None:
        self._fields = set(fields)
        self._wanted[:] = [name in fields for name in SCHEMA.names]
        self._by_kind = [int(self._wanted[kind == KINDS].sum()) for kind in range(_LIST + 1)]

    def _sizes(self, rows: int, length: int, items_size: int) -> tuple[int, int]:
        """Give the bytes of all columns but their texts, and of the texts."""
        texts, integers, numbers, flags, lists = self._by_kind
        bits, offsets = -(-rows // 512) * 64, -(-(rows + 1) // 16) * 64
        fixed = (texts + lists) * offsets + (integers + numbers) * -(-rows // 8) * 64 + flags * bits
        return fixed + sum(self._by_kind) * bits + lists * items_size, (texts + lists) * (length + 8)

    def _read(self, padded: bytes, length: int, lines: int, has_lists: bool) -> "ReadRows | int":
        items_size = 4 * (length // 2 + 2) if has_lists else 64
        fixed_size, texts_size = self._sizes(lines, length, items_size)
        fixed, texts = np.zeros(fixed_size, np.uint8), np.empty(texts_size, np.uint8)
        columns, hard = Located(np.empty(len(KINDS), COLUMN)), np.empty(_HARD_PER_ROW * lines + len(KINDS), HARD)
        told = np.array([items_size])
        first = np.frombuffer(padded, np.uint8).ctypes.data
        rows = _compiled_read(
            first,
            length,
            columns.address,
            address_of(self._wanted),
            lines,
            address_of(fixed),
            address_of(texts),
            address_of(hard),
            len(hard),
            address_of(told),
        )
        if rows < 0:
            return rows
        read = ReadRows(rows, columns, fixed, texts)
        for place, row, start, size in hard[: int(told[0])].tolist():
            value = float(padded[start - first : start - first + size])
            if not np.isfinite(value):
                return _DECLINED
            read.put(place, row, value)
        return read


class ReadRows:
    """Rows that were read, as columns that can be described at once or made a table."""

    def __init__(self, rows: int, columns: Located, fixed: NDArray[np.uint8], texts: NDArray[np.uint8]) -> None:
        self._rows, self._columns, self._fixed, self._texts = rows, columns.array, fixed, texts
        self._address = columns.address

    def __len__(self) -> int:
        return self._rows

    def put(self, place: int, row: int, value: float) -> None:
        """Put a number in a column."""
        start = int(self._columns["values"][place]) - address_of(self._fixed) + 8 * row
        self._fixed[start : start + 8].view(np.float64)[0] = value

    def described(self, columns: Located) -> arrow.Described:
        """Describe the columns for the engine, in the room for them."""
        _compiled_describe(self._address, self._rows, columns.address)
        return arrow.Described(columns, 0, self)

    def text(self, name: str, row: int) -> str | None:
        """Give the text of a column at a row, or None where it is null or was not wanted."""
        column = self._columns[_PLACES[name]]
        first = address_of(self._fixed)
        bits = int(column["bits"]) - first
        if not column["wanted"] or not column["count"] or not self._fixed[bits + row // 8] >> (row % 8) & 1:
            return None
        offset = int(column["values"]) - first + 4 * row
        start, end = self._fixed[offset : offset + 8].view(np.int32).tolist()
        begin = int(column["bytes"]) - address_of(self._texts)
        return self._texts[begin + start : begin + end].tobytes().decode()

    def table(self) -> pa.Table:
        """Give the columns as a table, without copying them."""
        names = ("wanted", "count", "used", "item_count", "bits", "values", "bytes", "items")
        rows = zip(SCHEMA, *(self._columns[name].tolist() for name in names), strict=True)
        kept = [(field, *values) for field, is_wanted, *values in rows if is_wanted]
        arrays = [self._array(*values) for values in kept]
        return pa.Table.from_arrays(arrays, schema=pa.schema([field for field, *_ in kept]))

    def _array(
        self,
        field: pa.Field,
        count: int,
        used: int,
        item_count: int,
        bits: int,
        values: int,
        text: int,
        items: int,
    ) -> pa.Array:
        fixed, texts = pa.py_buffer(self._fixed), pa.py_buffer(self._texts)
        first, first_text = address_of(self._fixed), address_of(self._texts)
        buffers = [None if count == self._rows else fixed.slice(bits - first), fixed.slice(values - first)]
        children = None
        if pa.types.is_string(field.type):
            buffers.append(texts.slice(text - first_text, used))
        elif pa.types.is_list(field.type):
            parts = [None, fixed.slice(items - first), texts.slice(text - first_text, used)]
            children = [pa.Array.from_buffers(field.type.value_type, item_count, parts)]
        return pa.Array.from_buffers(field.type, self._rows, buffers, self._rows - count, children=children)
