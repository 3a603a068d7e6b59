"""Kernels over arrays, compiled with numba when first called and kept in numba's cache.

The cache watches one file only, so a kernel's name carries the digest of all sources that end up in it. Without a
call numba is not imported.
"""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from types import FunctionType
from typing import Any, Final

_OPTIONS: Final[dict[str, Any]] = {"_nrt": False, "error_model": "numpy", "boundscheck": False, "nogil": True}


class Compiled:
    """A kernel that Python calls; `sources` are the files besides its own that its calls lead to."""

    def __init__(self, function: Callable[..., Any], *sources: str) -> None:
        self.function = function
        self._sources = (function.__code__.co_filename, *sources)
        self._native: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        native = self._native or self._load()
        return native(*arguments)

    def _load(self) -> Callable[..., Any]:
        import numba

        import surveillance.engine.compiler  # noqa: F401 - tells numba what the engine's formulas are

        digest = blake2b(digest_size=8)
        for file in self._sources:
            digest.update(Path(file).read_bytes())
        name = f"{self.function.__name__}_{digest.hexdigest()}"
        copy = FunctionType(self.function.__code__, self.function.__globals__, name)
        copy.__qualname__ = name
        copy.__module__ = self.function.__module__
        native: Callable[..., Any] = numba.njit(copy, cache=True, **_OPTIONS)
        self._native = native
        return native
