"""Glue jobs as processes here: the deployed script, library, settings and arguments, run by Spark on this machine.

The emulator keeps its own list of objects, so a job works on a copy of the lake, and what it changed is put back.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from local.clients import client
from local.emulator import process_environment
from local.lake_copy import LakeCopy, is_data

S3: Final = "s3://"
LIBRARY: Final = "--extra-py-files"
SETTING: Final = "--conf"
OWN: Final = frozenset(
    {LIBRARY, SETTING, "--job-language", "--additional-python-modules", "--python-modules-installer-option"}
)
"""Arguments that Glue takes for itself. Packages are those of this interpreter, not installed from the list."""
HERE: Final = ("--master", "local[2]", "--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=4")
LAST_WORDS: Final = 3000


class StepError(RuntimeError):
    """A job or a task ended badly; the message ends with its last words."""


class SparkPlayer:
    """Runs a deployed job's script with its library in a process of its own."""

    def __init__(self, endpoint: str, lake: LakeCopy, scratch: Path) -> None:
        self._endpoint, self._lake, self._scratch = endpoint, lake, scratch

    def __call__(self, parameters: Mapping[str, Any]) -> Any:
        """Run a job; gives the JSON it printed last. Raises `StepError`."""
        job = client("glue", self._endpoint).get_job(JobName=parameters["JobName"])["Job"]
        arguments = {**job["DefaultArguments"], **parameters.get("Arguments", {})}
        script, library = self._download(job["Command"]["ScriptLocation"]), self._download(arguments[LIBRARY])
        before = self._lake.fetch()
        told = [word for name, value in arguments.items() if name not in OWN for word in (name, self._place(value))]
        environment = process_environment(self._endpoint, self._scratch / "tmp")
        environment |= {
            "PYTHONPATH": str(library),
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_SUBMIT_ARGS": " ".join([*HERE, SETTING, arguments[SETTING], "pyspark-shell"]),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        environment |= {name: os.environ[name] for name in ("JAVA_HOME",) if name in os.environ}
        printed = run_process([sys.executable, str(script), *told], environment, self._scratch)
        self._lake.put_back(before, is_data)
        return json.loads(printed.splitlines()[-1])

    def _place(self, value: str) -> str:
        bucket, _, key = value.removeprefix(S3).partition("/")
        return str(self._lake.folder / key) if value.startswith(S3) and bucket else value

    def _download(self, location: str) -> Path:
        bucket, _, key = location.removeprefix(S3).partition("/")
        path = self._scratch / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(client("s3", self._endpoint).get_object(Bucket=bucket, Key=key)["Body"].read())
        return path


def run_process(command: list[str], environment: Mapping[str, str], folder: Path) -> str:
    """Run a step to its end; gives what it printed. Raises `StepError`."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and what was deployed
        command, env=dict(environment), cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise StepError(f"it ended with {done.returncode}: {(done.stdout + done.stderr)[-LAST_WORDS:]}")
    return done.stdout
