"""The app run as `cdk` runs it: a program, here without credentials, network, Docker or a home."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.constructs.source_package import REPOSITORY


def run(context: Mapping[str, Any], outdir: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Synthesise in a process of its own, without a network where the system lets us take it away."""
    unpacked = Path.home() / ".cache/aws/jsii/package-cache"
    environment = {
        "PATH": str(home / "nothing"),
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join(("shared", ".")),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(unpacked),  # unpacking the CDK again would take most of the time
        "CDK_OUTDIR": str(outdir),
        "CDK_CONTEXT_JSON": json.dumps(context),
    }
    command = [*offline(), sys.executable, "-m", "infra.app"]
    return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)


def offline() -> list[str]:
    """Give the command that takes the network away, or nothing where it is not allowed."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return []
    command = [unshare, "--net", "--map-root-user"]
    return command if subprocess.run([*command, sys.executable, "-c", ""], check=False).returncode == 0 else []
