"""The files a program needs, found by following its imports through our own packages; nothing is executed."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DATA_SUFFIXES = frozenset({".toml", ".csv", ".json", ".txt"})


@dataclass(frozen=True)
class Closure:
    """`files`: path below the search root -> path on disk; `foreign`: other top-level packages imported."""

    files: dict[Path, Path]
    foreign: frozenset[str]


def follow(start: list[Path], roots: dict[str, Path]) -> Closure:
    """Follow imports from files through the packages named in `roots` (package name -> the folder that holds it).

    Data files beside a reached module come along, because package resources are read by name.
    """
    files: dict[Path, Path] = {}
    foreign: set[str] = set()
    waiting = [(path, "") for path in start]
    seen: set[Path] = set()
    while waiting:
        path, module = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in _imported(path, module):
            package = name.partition(".")[0]
            if package not in roots:
                foreign.add(package)
                continue
            for found, reached in _files_of(name, roots[package]):
                files[found.relative_to(roots[package])] = found
                waiting.append((found, reached))
                for neighbour in found.parent.iterdir():
                    if neighbour.suffix in DATA_SUFFIXES:
                        files[neighbour.relative_to(roots[package])] = neighbour
    return Closure(dict(sorted(files.items())), frozenset(foreign))


def _imported(path: Path, module: str) -> Iterator[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*parents, *([node.module] if node.module else [])])
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def _files_of(name: str, root: Path) -> Iterator[tuple[Path, str]]:
    """Give the module's file and the `__init__` of every package above it; other names give their package's."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        location, module = root.joinpath(*parts[:length]), ".".join(parts[:length])
        if (location / "__init__.py").is_file():
            yield location / "__init__.py", module
        elif location.with_suffix(".py").is_file():
            yield location.with_suffix(".py"), module
