"""How the market's kernels are compiled: cached on disk, without runtime allocation, and never stale.

numba's cache watches one file only, so the kernel Python calls carries the digest of this whole folder in its name.
"""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from types import FunctionType
from typing import Any, Final, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS: Final[dict[str, Any]] = {"_nrt": False, "error_model": "numpy", "boundscheck": False}
_INNER: Final[dict[str, Any]] = _OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: F) -> F:
    """Mark a function that other kernels call; it is compiled into its callers."""
    return cast(F, numba.njit(function, **_INNER))


def entry(function: F) -> F:
    """Compile a kernel that Python calls."""
    digest = blake2b(numba.__version__.encode(), digest_size=8)
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + file.read_bytes())
    title = f"{function.__name__}_{digest.hexdigest()}"
    copy = FunctionType(function.__code__, function.__globals__, title)
    copy.__qualname__ = title
    copy.__module__ = function.__module__
    return cast(F, numba.njit(copy, cache=True, nogil=True, **_OPTIONS))
