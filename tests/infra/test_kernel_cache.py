"""A container finds every kernel compiled, though its root is read-only and another machine compiled them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.constructs.source_package import SourcePackages

pytestmark = pytest.mark.nightly
WHOLE_SECOND_NS = 1_735_689_600_000_000_000
READ_ONLY = """
mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && ! touch "$1/x" 2>/dev/null && shift && exec "$@"
"""


def compile_kernels(task_root: Path, cache: Path, *, read_only: bool) -> subprocess.CompletedProcess[str]:
    locked = ["unshare", "--mount", "--map-root-user", "sh", "-c", READ_ONLY, "sh", str(task_root)]
    environment = os.environ | {
        "PYTHONPATH": str(task_root),
        "NUMBA_CPU_NAME": "generic",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment |= {"NUMBA_CACHE_DIR": str(cache), "NUMBA_DEBUG_CACHE": "1"}
    command = [*(locked if read_only else []), sys.executable, str(task_root / "compile_kernels.py")]
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)


def test_kernels_compiled_in_the_image_are_found_under_a_read_only_root(tmp_path: Path) -> None:
    task_root = SourcePackages(tmp_path / "packages", bundle=False).image("detect_events")
    for path in task_root.rglob("*.py"):
        os.utime(path, ns=(WHOLE_SECOND_NS, WHOLE_SECOND_NS))  # as the Dockerfile does
    built = compile_kernels(task_root, task_root / "kernels", read_only=False)
    assert built.returncode == 0, built.stderr
    assert "data saved to" in built.stdout
    shutil.copytree(task_root / "kernels", tmp_path / "kernels")  # as start.sh does
    started = compile_kernels(task_root, tmp_path / "kernels", read_only=True)
    if "unshare" in started.stderr:
        pytest.skip("this system does not let us mount")
    assert started.returncode == 0, started.stderr
    assert "data loaded from" in started.stdout
    assert "data saved to" not in started.stdout
