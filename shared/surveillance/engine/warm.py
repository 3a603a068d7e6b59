"""`python -m surveillance.engine.warm`: compile every kernel that is not kept yet, on all processors.

Nothing needs this: kernels are compiled when they are first called. It only shortens the wait.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count

from surveillance.engine import arrow, batch, evidence, ndjson, observe, scan, state, sweep, tables
from surveillance.engine.engine import Engine
from surveillance.engine.kernel import Entry
from surveillance.metrics import measuring


def entries() -> list[Entry]:
    """Give every kernel that Python calls, the largest first."""
    return [
        observe.compiled,
        batch._compiled_build,
        *(rule.scan for rule in Engine()._rules),
        sweep.sweep,
        arrow._compiled_describe,
        ndjson._compiled_read,
        ndjson._compiled_describe,
        evidence._compiled_collect,
        state._compiled_copy,
        tables._compiled_look_up,
        tables._compiled_index,
        scan.show,
        measuring.compiled,
    ]


def _load(place: int) -> None:
    entries()[place].load()


def main() -> None:
    """Compile what is missing."""
    missing = [place for place, each in enumerate(entries()) if not each.is_kept]
    if not missing:
        return
    print(f"Compiling {len(missing)} kernels, once.", file=sys.stderr)
    with ProcessPoolExecutor(min(cpu_count() or 1, len(missing)), get_context("spawn")) as pool:
        list(pool.map(_load, missing))


if __name__ == "__main__":
    main()
