"""The command starts quickly, without anything heavy, and names its commands."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ("numba", "numpy", "pyarrow", "boto3", "pandas", "websockets", "rich.progress")


def run(*code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "shared"), str(ROOT)])}
    return subprocess.run([sys.executable, *code], capture_output=True, text=True, check=True, env=environment)


def test_start_imports_nothing_heavy() -> None:
    loaded = run("-c", "import sys, cli.main; print(*sys.modules)").stdout.split()
    assert [name for name in HEAVY if name in loaded] == []


def test_help_names_the_commands() -> None:
    shown = run("-m", "cli", "--help").stdout
    for command in ("replay", "simulate", "rules", "alerts", "explain", "bench", "local"):
        assert command in shown
