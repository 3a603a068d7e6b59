"""Compiling kernels with numba: no Python, no allocation, no bounds checks, NumPy's arithmetic.

Only `kernel` imports this, and only where there is something to compile.
"""

from collections.abc import Callable
from types import FunctionType
from typing import Any, Final

import numba
from numba.core import compiler, registry, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import _FunctionCompiler  # type: ignore[attr-defined]
from numba.core.typing.typeof import typeof_impl

from surveillance.engine import intrinsics
from surveillance.engine.kernel import Kernel
from surveillance.engine.memory import Intrinsic

_OPTIONS: Final[dict[str, Any]] = {"_nrt": False, "error_model": "numpy", "boundscheck": False}
_dispatchers: dict[int, Any] = {}


@typeof_impl.register(Kernel)
def _type_of_kernel(value: Kernel, _: Any) -> types.Type:
    """Let kernels call kernels: a marked function becomes a compiled one when its callers are compiled."""
    known = _dispatchers.get(id(value))
    if known is None:
        known = _dispatchers[id(value)] = numba.njit(value.function, forceinline=True, **_OPTIONS)
    return types.Dispatcher(known)


@typeof_impl.register(Intrinsic)
def _type_of_intrinsic(value: Intrinsic, _: Any) -> types.Type:
    found = getattr(intrinsics, value.name)
    return registry.cpu_target.typing_context.resolve_value_type(found)


class _NativeCompiler(_FunctionCompiler):  # type: ignore[misc]
    """Compiles the bare function, without what Python would call it through."""

    def _customize_flags(self, flags: Any) -> Any:
        flags.no_cpython_wrapper = True
        flags.no_cfunc_wrapper = True
        flags.no_compile = True
        flags.enable_pyobject = False
        return flags


@global_compiler_lock  # type: ignore[untyped-decorator]
def machine_code(function: Callable[..., Any], title: str, replaced: dict[str, Any]) -> tuple[bytes, bytes]:
    """Compile a function of integers; give the name it has in an object file, and that file."""
    copy = FunctionType(function.__code__, {**function.__globals__, **replaced}, title)
    arguments = (types.int64,) * function.__code__.co_argcount
    made = _NativeCompiler(copy, registry.cpu_target, _OPTIONS, {}, pipeline_class=compiler.Compiler)
    result = made.compile(arguments, types.int64)
    library = result.library
    library.enable_object_caching()
    if library.has_dynamic_globals:
        raise TypeError(f"{title} refers to something of this process; its code can't be kept.")
    library.get_pointer_to_function(result.fndesc.mangled_name)
    return result.fndesc.mangled_name.encode(), library._get_compiled_object()
