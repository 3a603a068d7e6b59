"""Kernels: functions over addresses that are compiled once per machine and kept as machine code.

A kernel that Python calls is named by the digest of every source that can end up in it, so an edit anywhere compiles
anew. What was compiled is loaded without the compiler: numba is imported only where something must be compiled.
"""

import ctypes
import os
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import time
from typing import Any, Final, TypeVar, cast

import llvmlite.binding as llvm

F = TypeVar("F", bound=Callable[..., Any])
_KEPT_S: Final = 30 * 86_400
_PACKAGE: Final = Path(__file__).parent.parent
_ENGINE: Final = "arrow batch compiler context gates hashing intrinsics kernel memory observe scan state sweep tables"
_KERNELS: Final = ("events", "parameters", *(f"engine/{name}" for name in _ENGINE.split(" ")))


class Kernel:
    """A function that kernels call; it is compiled into its callers. Python runs it as it stands."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


def kernel(function: F) -> F:
    """Mark a function that kernels call."""
    return cast(F, Kernel(function))


class Entry:
    """A kernel that Python calls: integers in, an integer out. It is loaded, or compiled, at its first call."""

    def __init__(self, function: Callable[..., Any], title: str, replaced: dict[str, Any]) -> None:
        self.title = title
        self.function = function
        self.replaced = replaced
        self._native: Callable[..., int] | None = None

    def __call__(self, *arguments: int) -> int:
        native = self._native or self.load()
        result = ctypes.c_int64()
        native(ctypes.addressof(result), None, *arguments)
        return result.value

    @property
    def address(self) -> int:
        """Where its machine code begins; what it is called with is told in `intrinsics.call`."""
        if self._native is None:
            self.load()
        return self._address

    @property
    def is_kept(self) -> bool:
        """Say whether its machine code is there to be loaded."""
        return self._file().exists()

    def _file(self) -> Path:
        return _folder() / f"{self.title}.o"

    def load(self) -> Callable[..., int]:
        """Load its machine code, or compile it and keep it."""
        file = self._file()
        kept = file.read_bytes() if file.exists() else self._compile(file)
        name, _, code = kept.partition(b"\n")
        self._machine = _Machine(code)
        self._address = self._machine.engine.get_function_address(name.decode())
        count = self.function.__code__.co_argcount
        kind = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 2, *[ctypes.c_int64] * count)
        self._native = native = kind(self._address)
        return native

    def _compile(self, file: Path) -> bytes:
        from surveillance.engine.compiler import machine_code

        code = b"\n".join(machine_code(self.function, self.title, self.replaced))
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=file.parent, delete=False) as written:
                written.write(code)
            Path(written.name).replace(file)
            _forget_old(file.parent)
        except OSError:
            return code  # nowhere to keep it: the next process compiles again
        return code


def _forget_old(folder: Path) -> None:
    """Drop the kernels of sources that changed long ago."""
    long_ago = time() - _KEPT_S
    for file in folder.glob("*.o"):
        if file.stat().st_mtime < long_ago:
            file.unlink(missing_ok=True)


class _Machine:
    """Machine code in memory."""

    def __init__(self, code: bytes) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        target = llvm.Target.from_default_triple().create_target_machine(jit=True)
        self.engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
        self.engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self.engine.finalize_object()


def processor() -> str:
    """Name the processor that kernels are compiled for: NUMBA_CPU_NAME, else this machine's."""
    return os.environ.get("NUMBA_CPU_NAME") or f"{llvm.get_host_cpu_name()}{llvm.get_host_cpu_features().flatten()}"


def _folder() -> Path:
    """Where machine code is kept: NUMBA_CACHE_DIR, else the user's cache."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(given or f"{home}/surveillance/kernels")


def _digest(files: Iterable[Path], *words: str) -> str:
    digest = blake2b("\n".join((version("numba"), *words)).encode(), digest_size=8)
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


@cache
def source_digest() -> str:
    """Hash every source file that can change an alert."""
    written = [file for suffix in ("py", "json") for file in _PACKAGE.rglob(f"*.{suffix}")]
    return _digest(sorted(file for file in written if "adapters" not in file.parts))


@cache
def _kernel_digest(own_files: tuple[str, ...]) -> str:
    """Hash the processor and the sources that can end up in a kernel, with the files of its own that it may have."""
    own = [Path(file) for file in own_files]
    shared = [_PACKAGE / f"{name}.py" for name in _KERNELS]
    return _digest([*shared, *sorted((_PACKAGE / "features").glob("*.py")), *own], processor())


def entry(
    function: Callable[..., Any], name: str | None = None, own_files: tuple[str, ...] = (), **replaced: Any
) -> Entry:
    """Make a kernel that Python calls, with `replaced` put in place of the globals of that name."""
    title = f"{name or function.__name__.lstrip('_')}_{_kernel_digest(own_files)}"
    return Entry(function, title, replaced)
