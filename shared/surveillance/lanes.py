"""Lanes: the unit of order and of state. A symbol lives in one lane, a lane in one Kinesis hash-key range."""

from functools import lru_cache
from hashlib import blake2b

DEFAULT_LANES = 16
HASH_SPACE = 2**128


@lru_cache(maxsize=1 << 16)
def lane_of(symbol: str, lanes: int) -> int:
    """Give the lane of a symbol: BLAKE2b-8 of its UTF-8 bytes, big-endian, modulo the lane count."""
    return int.from_bytes(blake2b(symbol.encode(), digest_size=8).digest(), "big") % lanes


def explicit_hash_key(lane: int, lanes: int) -> str:
    """Give the Kinesis explicit hash key of a lane: the middle of its share of the hash space."""
    return str((2 * lane + 1) * HASH_SPACE // (2 * lanes))
