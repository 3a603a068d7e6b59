"""The lock file's entries for a few packages: pinned, hashed, naming no host."""

import re
from collections.abc import Iterable

_ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==", re.MULTILINE)


class NotLockedError(LookupError):
    """A package is asked for that the lock file does not pin."""


def normalised(name: str) -> str:
    """Write a package name as the index does (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock: str) -> dict[str, str]:
    """Split a lock file into one text a package, by normalised name."""
    starts = list(_ENTRY.finditer(lock))
    ends = [match.start() for match in starts[1:]] + [len(lock)]
    found = {}
    for match, end in zip(starts, ends, strict=True):
        lines = lock[match.start() : end].splitlines()
        kept = [line for line in lines if line.strip() and not line.strip().startswith("#")]
        found[normalised(match["name"])] = "\n".join(kept) + "\n"
    return found


def names(requirements: str) -> list[str]:
    """Give the package names of a plain requirements file."""
    lines = (line.partition("#")[0].strip() for line in requirements.splitlines())
    return [normalised(re.split(r"[\[=<>~! ;]", line, maxsplit=1)[0]) for line in lines if line]


def locked(wanted: Iterable[str], lock: str) -> str:
    """Give the lock's text for the packages wanted; raises `NotLockedError`."""
    pinned = entries(lock)
    missing = sorted(set(map(normalised, wanted)) - set(pinned))
    if missing:
        raise NotLockedError(f"requirements.lock does not pin {', '.join(missing)}")
    return "".join(pinned[name] for name in sorted(set(map(normalised, wanted))))
