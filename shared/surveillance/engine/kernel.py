"""How kernels are compiled: cached on disk, without runtime allocation, and never stale.

numba's cache watches only the file of the outermost function, so every kernel that is called from Python carries the
digest of all kernel sources in its qualified name: an edit anywhere compiles anew.
"""

from collections.abc import Callable, Iterable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from types import FunctionType
from typing import Any, Final, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS: Final[dict[str, Any]] = {"_nrt": False, "error_model": "numpy", "boundscheck": False}


def kernel(function: F) -> F:
    """Mark a function that other kernels call; it is compiled into its callers."""
    return cast(F, numba.njit(function, forceinline=True, **_OPTIONS))


_PACKAGE: Final = Path(__file__).parent.parent
_KERNELS: Final = (
    "events",
    "parameters",
    *(
        f"engine/{n}"
        for n in ("arrow", "batch", "context", "hashing", "kernel", "memory", "observe", "scan", "sweep", "tables")
    ),
)


def _digest(files: Iterable[Path]) -> str:
    digest = blake2b(numba.__version__.encode(), digest_size=8)
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


@cache
def source_digest() -> str:
    """Hash every source file that can change an alert."""
    return _digest(sorted(file for file in _PACKAGE.rglob("*.py") if "adapters" not in file.parts))


@cache
def kernel_digest(rule_file: str = "") -> str:
    """Hash the sources that can end up in a kernel, with a rule's own file where it is that rule's scan."""
    own = [Path(rule_file)] if rule_file else []
    shared = [_PACKAGE / f"{name}.py" for name in _KERNELS]
    return _digest([*shared, *sorted((_PACKAGE / "features").glob("*.py")), *own])


def entry(function: F, name: str | None = None, rule_file: str = "", **replaced: Any) -> F:
    """Compile a kernel that Python calls, with `replaced` put in place of the globals of that name."""
    title = f"{name or function.__name__}_{kernel_digest(rule_file)}"
    copy = FunctionType(function.__code__, {**function.__globals__, **replaced}, title)
    copy.__qualname__ = title
    copy.__module__ = function.__module__
    return cast(F, numba.njit(copy, cache=True, nogil=True, **_OPTIONS))
