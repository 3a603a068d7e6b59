"""Texts as 64-bit numbers.

Engine keys are seeded per deployment, so that nobody can craft colliding ids; 0 stands for null.
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.memory import load_byte, load_half, load_short, load_word

_A = np.uint64(0x9E3779B97F4A7C15)
_B = np.uint64(0xD6E8FEB86659FD93)
_32 = np.uint64(32)
_0 = np.uint64(0)
_MASK = 2**64 - 1


@kernel
def mix(key, other):
    """Combine two keys into one that is neither; never 0."""
    h = (np.uint64(key) ^ (np.uint64(other) * _A)) * _B
    h ^= h >> _32
    h *= _A
    h ^= h >> _32
    return np.int64(h) if h != _0 else np.int64(1)


@kernel
def last_bytes(address, count):
    """Read fewer than eight bytes as a little-endian number, none beyond them."""
    value = np.uint64(0)
    shift = np.uint64(0)
    if count & 4:
        value = np.uint64(load_half(address))
        address += 4
        shift = _32
    if count & 2:
        value |= np.uint64(load_short(address)) << shift
        address += 2
        shift += np.uint64(16)
    if count & 1:
        value |= np.uint64(load_byte(address)) << shift
    return value


@kernel
def text_hash(address, length, seed):
    """Hash the bytes at an address; never 0."""
    h = np.uint64(seed) ^ (np.uint64(length) * _A)
    end = address + length
    while address + 8 <= end:
        h = (h ^ load_word(address)) * _B
        h ^= h >> _32
        address += 8
    if address < end:
        h = (h ^ last_bytes(address, end - address)) * _B
        h ^= h >> _32
    h *= _A
    h ^= h >> _32
    return np.int64(h) if h != _0 else np.int64(1)


def hash_text(text: str, seed: int) -> int:
    """Hash one text as kernels do; raises UnicodeEncodeError where it is no UTF-8."""
    data = text.encode()
    value = seed ^ (len(data) * int(_A) & _MASK)
    for start in range(0, len(data), 8):
        value = (value ^ int.from_bytes(data[start : start + 8], "little")) * int(_B) & _MASK
        value ^= value >> 32
    value = value * int(_A) & _MASK
    value ^= value >> 32
    return value - 2**64 if value >= 2**63 else value or 1
