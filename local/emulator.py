"""The AWS emulator as a child process on the loopback interface."""

import json
import os
import socket
import sys
import time
import urllib.request
from pathlib import Path

from local import lifeline

ACCOUNT = "000000000000"
REGION = "us-east-1"
KINESIS_BUDGET_BYTES = 256 << 20
START_SECONDS = 30.0
REPOSITORY = Path(__file__).resolve().parent.parent


class EmulatorError(RuntimeError):
    """The emulator did not start, or ended before it was told to."""


def client_environment(endpoint: str) -> dict[str, str]:
    """Give the variables with which boto3 talks to the emulator and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1,localhost",
    }


def process_environment(endpoint: str, temporary: Path) -> dict[str, str]:
    """Give the whole environment of a child: little of ours, nothing of the user's AWS account."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    modules = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "shared")])
    temporary.mkdir(parents=True, exist_ok=True)
    return {
        **kept,
        **client_environment(endpoint),
        "PATH": path,
        "PYTHONPATH": modules,
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(temporary),
    }


class Emulator:
    """ministack with its S3 objects as plain files under `folder`/s3/<account>/<bucket>/<key>."""

    def __init__(self, folder: Path, kinesis_budget_bytes: int = KINESIS_BUDGET_BYTES, wait_scale: float = 1.0) -> None:
        """`wait_scale` shortens the pauses of state machines."""
        self.folder = folder
        self._wait_scale = wait_scale
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.spool = folder / "spool"
        self.objects = folder / "s3"
        self.fault_rules = folder / "status" / "faults.json"
        self._budget_bytes = kinesis_budget_bytes
        self.child: lifeline.Child | None = None

    def bucket_path(self, bucket: str) -> Path:
        return self.objects / ACCOUNT / bucket

    def start(self) -> None:
        """Start it and wait until it answers; raises `EmulatorError` with its last words."""
        self.spool.mkdir(parents=True, exist_ok=True)
        environment = process_environment(self.endpoint, self.folder / "tmp") | {
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.objects),
            "KINESIS_BUDGET_BYTES": str(self._budget_bytes),
            "FIREHOSE_SPOOL": str(self.spool),
            "FAULT_RULES": str(self.fault_rules),
            "SFN_WAIT_SCALE": str(self._wait_scale),
            "DOCKER_HOST": "unix:///nonexistent/docker.sock",
        }
        del environment["AWS_ENDPOINT_URL"]
        self.child = lifeline.start(
            "emulator",
            lifeline.module_command("local.ministack_process"),
            environment=environment,
            log=self.folder / "logs" / "emulator.log",
        )
        self._wait_until_healthy()

    def _wait_until_healthy(self) -> None:
        assert self.child is not None  # noqa: S101
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.child.alive:
                raise EmulatorError(f"the AWS emulator ended while starting:\n{self.child.last_words()}")
            try:
                with opener.open(f"{self.endpoint}/_ministack/health", timeout=2) as answer:
                    json.load(answer)
                    return
            except OSError:
                time.sleep(0.05)
        raise EmulatorError(f"the AWS emulator did not answer within {START_SECONDS:g} s:\n{self.child.last_words()}")

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()
            self.child = None


def free_port() -> int:
    """Give a loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
