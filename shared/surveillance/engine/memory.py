"""Arrays and values at given addresses: kernels are handed addresses instead of arrays.

Handing numba an array costs a quarter of a microsecond and there are fifty; a batch of a hundred events has no time for
that. Whoever passes an address keeps what lies there alive until the kernel returns.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Intrinsic:
    """Stands for what `intrinsics` defines under that name, which only the compiler needs."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *arguments: Any) -> Any:
        raise TypeError(f"{self.name} works in kernels only.")


array_at = Intrinsic("array_at")
"""View a shape (a tuple) of a dtype at an address as an array in C order."""
load_word = Intrinsic("load_word")
"""Read eight bytes, little-endian, from anywhere."""
load_int = Intrinsic("load_int")
load_int32 = Intrinsic("load_int32")
load_half = Intrinsic("load_half")
load_short = Intrinsic("load_short")
load_byte = Intrinsic("load_byte")
load_float = Intrinsic("load_float")
store_int = Intrinsic("store_int")
"""Write eight bytes, little-endian, to anywhere."""
trailing_zeros = Intrinsic("trailing_zeros")
"""Count the zero bits below the lowest one; of 0 the answer is undefined."""
prefetch = Intrinsic("prefetch")
"""Ask for the cache line at an address, which need not be valid."""
call = Intrinsic("call")
"""Call a kernel of five integers by the address of its code."""


def address_of(array: NDArray[Any]) -> int:
    """Give the address of an array's first element; the caller keeps the array."""
    address: int = array.ctypes.data
    return address


class Located:
    """An array with its address."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array
        self.address = address_of(array)


class Addresses:
    """Addresses and lengths of arrays, in a row for a kernel; keeps the arrays."""

    def __init__(self, *arrays: NDArray[Any]) -> None:
        self._arrays = list(arrays)
        self._words = np.array([word for array in arrays for word in (address_of(array), len(array))], np.int64)
        self.address = address_of(self._words)

    def put(self, place: int, located: Located) -> None:
        """Put another array in a place."""
        if self._arrays[place] is not located.array:
            self._arrays[place] = located.array
            self._words[2 * place] = located.address
            self._words[2 * place + 1] = len(located.array)
