"""The code of functions with kernels, where it can stay: a folder per asset, by its hash, its kernels compiled once.

They are compiled for this machine and kept where replays find them too.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from local import lifeline
from local.emulator import REPOSITORY, process_environment
from local.poller.workers import Function

CACHE_FOLDER = REPOSITORY / ".local" / "cache"
COMPILER = "compile_kernels.py"
KEPT_FOLDERS = 4


class CompilationError(RuntimeError):
    """A function's kernels could not be compiled; the message ends with what the compiler said."""


def settle(function: Function, cache: Path, announce: Callable[[str], None]) -> Function:
    """Give a function that has kernels with its code in the cache and them compiled, another as it is."""
    if not (Path(function.code) / COMPILER).exists():
        return function
    folder = cache / "code" / Path(function.code).name
    if not folder.exists():
        _copy(Path(function.code), folder)
    folder.touch()
    environment = {name: value for name, value in function.environment.items() if name != "NUMBA_CPU_NAME"}
    settled = msgspec.structs.replace(function, code=str(folder), environment=environment)
    if not (folder / "compiled").exists():
        announce("Compiling the rules, once")
        _compile(settled, folder)
    return settled


def _copy(origin: Path, folder: Path) -> None:
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(origin, draft, ignore=shutil.ignore_patterns("__pycache__"))
    try:
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft)
    _forget_old(folder.parent)


def _forget_old(folder: Path) -> None:
    kept = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True)
    for path in kept[KEPT_FOLDERS:]:
        shutil.rmtree(path, ignore_errors=True)


def _compile(function: Function, folder: Path) -> None:
    environment = process_environment("http://127.0.0.1:9", folder / "tmp") | function.environment
    environment["PYTHONPATH"] = os.pathsep.join([str(folder), environment["PYTHONPATH"]])
    log = folder / "compile.log"
    log.unlink(missing_ok=True)
    command = lifeline.module_command("local.launch", "python", "-m", COMPILER.removesuffix(".py"))
    child = lifeline.start("compiler", command, environment=environment, log=log, folder=folder)
    try:
        status = child.process.wait()
    finally:
        child.kill()
    if status:
        raise CompilationError(f"{function.name}:\n{child.last_words()}")
    (folder / "compiled").touch()
