"""dbt in a process of its own, which reads the project while earlier steps still compute, and builds when told to.

Run as a module it is that process: it takes dbt's options for the project as arguments, and the words of the build as
one line of JSON on its input.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import msgspec
from surveillance.errors import InputError

PROJECT: Final = Path(__file__).resolve().parents[1] / "athena"
DATABASE: Final = "marts.duckdb"
WORKSHOP: Final = ".dbt"
LOGGING: Final = ("--log-format", "json", "--log-level-file", "none", "--no-use-colors", "--warn-error")


class Settings(msgspec.Struct, frozen=True):
    """How much of the machine dbt may take, and whether it tests its models on invented rows too."""

    threads: int = 2
    memory: str = "2GB"
    unit_tests: bool = False


class Outcome(msgspec.Struct):
    """Nodes by status, and what each model took in seconds."""

    statuses: dict[str, int]
    seconds: dict[str, float]


class Dbt(AbstractContextManager["Dbt"]):
    """Begins to read the project at once; marts by month will be built from `changed_from` on, or from the first."""

    def __init__(self, lake: Path, settings: Settings, changed_from: str | None = None) -> None:
        self._workshop = lake.resolve() / WORKSHOP
        self._settings = settings
        self._project = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", "local"]
        self._project += ["--vars", json.dumps({"changed_from": changed_from})] if changed_from else []
        environment = {
            **os.environ,
            "DBT_TARGET_PATH": str(self._workshop / "target"),
            "DBT_LOG_PATH": str(self._workshop / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "HISTORY_DATABASE": str(lake.resolve() / DATABASE),
            "HISTORY_THREADS": str(settings.threads),
            "HISTORY_MEMORY": settings.memory,
        }
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and project
            [sys.executable, "-m", "cli.history_dbt", *self._project],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __exit__(self, *_: object) -> None:
        """End the process, whatever it does."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate()

    def build(self, say: Callable[[str], None], *, select: Sequence[str] = (), full_refresh: bool = False) -> Outcome:
        """Build models and run their tests; raises `InputError` with what failed."""
        words = [*LOGGING, "build", *self._project]
        words += [] if self._settings.unit_tests else ["--exclude-resource-type", "unit_test"]
        words += ["--select", *select] if select else []
        words += ["--full-refresh"] if full_refresh else []
        failures: list[str] = []
        assert self.process.stdin is not None  # noqa: S101 - it is a pipe
        try:
            self.process.stdin.write(json.dumps(words) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended: what it said tells why
        for line in self.process.stdout or ():
            failures += _followed(line, say)
        if self.process.wait():
            raise InputError("; ".join(failures[:10]) or f"dbt ended with {self.process.returncode}")
        return _outcome(self._workshop / "target" / "run_results.json")


def _followed(line: str, say: Callable[[str], None]) -> list[str]:
    """Tell of a finished model; give what a line says failed."""
    try:
        message = json.loads(line)
    except json.JSONDecodeError:
        return [line.strip()] if line.strip() else []
    info, data = message.get("info", {}), message.get("data", {})
    if info.get("name") == "LogModelResult":
        say(f"  {data.get('index')} of {data.get('total')}: {data.get('node_info', {}).get('node_name')}")
    if info.get("name") in ("RunResultError", "RunResultFailure", "MainEncounteredError"):
        return [" ".join(str(info.get("msg", "")).split())]
    return []


def _outcome(path: Path) -> Outcome:
    results: list[dict[str, Any]] = json.loads(path.read_text())["results"]
    statuses: dict[str, int] = {}
    for result in results:
        statuses[result["status"]] = statuses.get(result["status"], 0) + 1
    models = {
        result["unique_id"].split(".")[-1]: round(result["execution_time"], 3)
        for result in results
        if result["unique_id"].startswith(("model.", "snapshot."))
    }
    return Outcome(dict(sorted(statuses.items())), dict(sorted(models.items())))


def main(project: list[str]) -> int:
    """Read the project, wait for the words of the build, build; give the exit code."""
    from dbt.cli.main import dbtRunner

    read: Any = dbtRunner().invoke([*LOGGING, "parse", *project])
    words = sys.stdin.readline()
    if not read.success or not words:
        return int(not read.success)
    return int(not dbtRunner(manifest=read.result).invoke(json.loads(words)).success)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
