"""Runs a container's command so that it ends with its parent: `python -m local.launch python -m ingester`."""

import runpy
import sys
from collections.abc import Sequence

from local.lifeline import end_with_parent


def module_of(command: Sequence[str]) -> tuple[str, list[str]]:
    """Give the module that a container's command runs, and its arguments; raises `ValueError` for any other command."""
    words = list(command)
    if words and words[0].rpartition("/")[2].startswith("python"):
        words = words[1:]
    while words and words[0] in ("-u", "-I", "-O"):
        words = words[1:]
    if len(words) < 2 or words[0] != "-m":
        raise ValueError(f"only `python -m MODULE` can be run without its container, not {' '.join(command)!r}")
    return words[1], words[2:]


def main() -> None:
    end_with_parent()
    module, arguments = module_of(sys.argv[1:])
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
