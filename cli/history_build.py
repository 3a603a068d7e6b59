"""The steps of `surveillance history build`: each compares what it reads with what it read last, and rests if equal."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import msgspec
from surveillance.adapters.history import HistoryLake, Written, changed_months, digest_of
from surveillance.errors import InputError
from surveillance.history.tables import BY_NAME

STATE: Final = "build.json"
EVERYTHING: Final = "0001-01"
LIBRARY: Final = Path(__file__).resolve().parents[1] / "shared" / "surveillance"


class Report(msgspec.Struct):
    """What a step did: `built` or `unchanged`; files by table; `from_month` where it began later."""

    step: str
    outcome: str
    seconds: float = 0.0
    tables: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    from_month: str | None = None
    told: dict[str, Any] = msgspec.field(default_factory=dict)


class Seen(msgspec.Struct):
    """What a step read when it last ended well: files by table, and the code that read them."""

    code: str
    files: dict[str, dict[str, str]]


class State:
    """Remembers, in one file of the lake, what each step has seen."""

    def __init__(self, lake: HistoryLake) -> None:
        self._path = lake.folder / STATE
        self._seen: dict[str, Seen] = {}
        if self._path.exists():
            try:
                self._seen = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Seen])
            except msgspec.MsgspecError as error:
                raise InputError(f"{self._path} can't be read; delete it to build everything anew: {error}") from error

    def of(self, step: str) -> Seen | None:
        """Give what a step saw."""
        return self._seen.get(step)

    def forget(self, step: str) -> None:
        """Let a step run whatever it saw."""
        self._seen.pop(step, None)

    def remember(self, step: str, seen: Seen) -> None:
        """Keep what a step saw."""
        self._seen[step] = seen
        content = {name: msgspec.to_builtins(each) for name, each in sorted(self._seen.items())}
        fresh = self._path.with_suffix(".fresh")
        fresh.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
        fresh.replace(self._path)


class Builder:
    """Runs steps over one lake; `say` gets a line of progress."""

    def __init__(self, lake: HistoryLake, say: Callable[[str], None]) -> None:
        self.lake = lake
        self.say = say
        self.state = State(lake)

    def step(
        self,
        name: str,
        reads: tuple[str, ...],
        code: str,
        work: Callable[[Report, Seen | None, Seen], None],
    ) -> Report:
        """Do the work of a step unless its tables and its code are as they were when it last ended well."""
        begun = perf_counter()
        now = Seen(code, {table: self.lake.digests(BY_NAME[table]) for table in reads})
        before = self.state.of(name)
        report = Report(name, "unchanged")
        if before == now:
            self.say(f"{name}: nothing new in {', '.join(reads)}")
        else:
            self.say(f"{name} ...")
            report.outcome = "built"
            work(report, before, now)
            self.state.remember(name, now)
        report.seconds = round(perf_counter() - begun, 3)
        if report.outcome == "built":
            self.say(f"{name}: {report.seconds:.1f} s")
        return report


def note(report: Report, table: str, written: Written) -> None:
    """Count a table's files in the report."""
    counts = report.tables.setdefault(table, {"changed": 0, "kept": 0, "removed": 0})
    for key in counts:
        counts[key] += len(getattr(written, key))


def code_of(*places: str) -> str:
    """Hash the library's sources below some places."""
    files = sorted(
        path
        for place in places
        for path in ([LIBRARY / place] if (LIBRARY / place).is_file() else (LIBRARY / place).rglob("*.py"))
    )
    return digest_of(part for path in files for part in (path.relative_to(LIBRARY).as_posix(), path.read_text()))


def first_changed_month(before: Seen | None, now: Seen, tables: tuple[str, ...]) -> str:
    """Give the first month whose files changed in any of the tables; everything where one is new altogether."""
    if before is None or before.code != now.code:
        return EVERYTHING
    months = [
        month
        for table in tables
        for month in changed_months(_daily(before.files.get(table, {})), _daily(now.files[table]))
    ]
    return min(months, default=date.max.strftime("%Y-%m"))


def _daily(files: dict[str, str]) -> dict[str, str]:
    """Leave out bars of weeks and months, which stand where they begin and follow from the days."""
    return {path: digest for path, digest in files.items() if "/interval=W/" not in path and "/interval=M/" not in path}
