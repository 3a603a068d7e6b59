"""A container finds every kernel compiled, though its root is read-only and another machine compiled them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.constructs.source_package import SourcePackages

pytestmark = pytest.mark.nightly
READ_ONLY = """
mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && ! touch "$1/x" 2>/dev/null && shift && exec "$@"
"""


def compile_kernels(task_root: Path, *, read_only: bool) -> subprocess.CompletedProcess[str]:
    locked = ["unshare", "--mount", "--map-root-user", "sh", "-c", READ_ONLY, "sh", str(task_root)]
    environment = os.environ | {
        "PYTHONPATH": str(task_root),
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CACHE_DIR": str(task_root / "kernels"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [*(locked if read_only else []), sys.executable, str(task_root / "compile_kernels.py")]
    command += ["--kept"] if read_only else []
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)


def test_kernels_compiled_in_the_image_are_found_under_a_read_only_root(tmp_path: Path) -> None:
    task_root = SourcePackages(tmp_path / "packages", bundle=False).image("detect_events")
    early = compile_kernels(task_root, read_only=True)
    if "unshare" in early.stderr:
        pytest.skip("this system does not let us mount")
    assert "compiled anew" in early.stderr
    built = compile_kernels(task_root, read_only=False)
    assert built.returncode == 0, built.stderr
    started = compile_kernels(task_root, read_only=True)
    assert started.returncode == 0, started.stderr
