"""Promise: compiled kernels are kept as machine code, found again without the compiler, and never stale."""

import subprocess
import sys
from pathlib import Path

import pytest
from surveillance.engine import Engine
from surveillance.engine.kernel import Entry, _kernel_digest, entry

from tests.engine.runs import decoded
from tests.strategies import START

EVENT = {"type": "trade", "symbol": "AAA", "ts": START, "price": 10.0, "size": 5.0}
AGAIN = f"""
import sys
from surveillance.engine import Engine
from surveillance.wire import table_of, Decoded
engine = Engine()
engine.feed(engine.new_state(), Decoded(table_of([{EVENT!r}])))
print("numba" in sys.modules)
"""


def _sum_to(count: int) -> int:
    total = 0
    for value in range(count + 1):
        total += value
    return total


def test_kept_kernels_need_no_compiler() -> None:
    engine = Engine()
    engine.feed(engine.new_state(), decoded([EVENT]))
    again = subprocess.run([sys.executable, "-c", AGAIN], capture_output=True, text=True, check=True)
    assert again.stdout.strip() == "False"


def test_machine_code_is_written_once_and_read_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    assert entry(_sum_to)(100) == 5050
    (kept,) = (tmp_path / "kernels").iterdir()
    monkeypatch.setattr(Entry, "_compile", lambda *_: pytest.fail("compiled anew"))
    assert kept.name == f"{entry(_sum_to).title}.o"
    assert entry(_sum_to)(4) == 10


def test_folder_that_cannot_be_written_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "kernels"))
    assert entry(_sum_to)(3) == 6


def test_other_processor_or_other_source_is_another_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    titles = {entry(_sum_to).title}
    (tmp_path / "rule.py").write_text("one")
    titles.add(entry(_sum_to, own_files=(str(tmp_path / "rule.py"),)).title)
    _kernel_digest.cache_clear()
    (tmp_path / "rule.py").write_text("two")
    titles.add(entry(_sum_to, own_files=(str(tmp_path / "rule.py"),)).title)
    _kernel_digest.cache_clear()
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    titles.add(entry(_sum_to).title)
    _kernel_digest.cache_clear()
    assert len(titles) == 4
