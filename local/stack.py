"""The whole product on this machine: the emulator, our app deployed to it, the processes that play its moving parts."""

import contextlib
import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import msgspec

from local import lifeline
from local.clients import client
from local.code import CACHE_FOLDER, settle
from local.deployment import Deployed, deploy
from local.emulator import (
    KINESIS_BUDGET_BYTES,
    Emulator,
    client_environment,
    free_port,
    process_environment,
)
from local.emulator_faults import FaultRules, ServiceFault
from local.lander.lander import LanderSettings
from local.outbox import JOURNAL, Outbox
from local.poller.faults import NO_FAULTS, Faults
from local.poller.poller import PollerSettings
from local.positions import write_whole
from local.reporting import read_report
from local.resources import Resources, as_json, read_back
from local.services import ServiceProcess
from local.synthesis import assembly

STATE_FOLDER = Path(".local")
READY_SECONDS = 120.0
WATCH_S = 0.25
DETECTORS = 2
FRESH = ("s3", "spool", "positions", "status", "logs", "scratch", "spill", "tmp")


class StackError(RuntimeError):
    """A part of the local stack did not start, or ended by itself."""


class LocalStack:
    """Enter to start everything, leave to end everything; each start is a fresh one.

    `assembly` is a cloud assembly to deploy instead of our app's. Without `run_services` the ingester is not started.
    `reference` holds files to put under `reference/` before anything reads them.
    `cache_dir` outlives the stack: assemblies, and code with its compiled kernels.
    """

    def __init__(
        self,
        state_dir: Path = STATE_FOLDER,
        context: Mapping[str, object] | None = None,
        *,
        faults: Faults = NO_FAULTS,
        workers: Mapping[str, int] | None = None,
        assembly: Path | None = None,
        run_services: bool = True,
        run_poller: bool = True,
        run_schedules: bool = True,
        service_environment: Mapping[str, str] | None = None,
        reference: Mapping[str, bytes] | None = None,
        landing_seconds: float = 3.0,
        kinesis_budget_bytes: int = KINESIS_BUDGET_BYTES,
        cache_dir: Path = CACHE_FOLDER,
        announce: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.state_dir = Path(state_dir).resolve()
        self.context = {"history": None, **(context or {})}  # here `surveillance history build` builds it
        self.faults = faults
        self.services: list[ServiceProcess] = []
        self.health_port = 0
        self.deployed = Deployed([], {}, {}, {})
        self.resources = Resources((), (), (), (), (), (), {})
        self.seconds_to_start: dict[str, float] = {}
        self._workers = dict(workers or {})
        self._assembly = assembly
        self._cache = Path(cache_dir).resolve()
        self._run = (run_services, run_poller, run_schedules)
        self._service_environment = dict(service_environment or {})
        self._reference = dict(reference or {})
        self._landing_seconds = landing_seconds
        self._announce = announce
        self._emulator = Emulator(self.state_dir, kinesis_budget_bytes)
        self._poller: lifeline.Child | None = None
        self._lander: lifeline.Child | None = None
        self._outbox: Outbox | None = None
        self._watching = threading.Event()
        self._watcher: threading.Thread | None = None
        self._restore_signal: Any = None

    # --- life ---

    def __enter__(self) -> "LocalStack":
        self._die_of_sigterm()
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._restore_signal is not None:
            signal.signal(signal.SIGTERM, self._restore_signal)

    def _die_of_sigterm(self) -> None:
        """Make SIGTERM end the program through `__exit__`, where nobody else has decided what it does."""
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            self._restore_signal = signal.signal(signal.SIGTERM, _exit_of_sigterm)

    def start(self) -> None:
        """Start the parts in order; raises `StackError`, `EmulatorError`, `SynthesisError` or `DeploymentError`."""
        self._make_fresh()
        with self._timed("emulator", "Starting the AWS emulator"):
            self._emulator.start()
        with self._timed("synthesis", "Synthesising the CDK app"):
            folder = self._assembly or assembly(self._cache / "cdk.out", self.context)
        with self._timed("deployment", "Deploying it"):
            self.deploy(folder)
        with self._timed("kernels", "Looking for compiled rules"):
            self._settle_code()
        self.refer(self._reference)
        _, run_poller, _ = self._run
        with self._timed("runtime", "Starting the event sources, the lander and the services"):
            self._start_lander()
            if run_poller:
                self.start_poller()
            self._wait_until_ready(self._lander)
            self._start_services()

    def _make_fresh(self) -> None:
        self.state_dir.mkdir(parents=True, exist_ok=True)
        for name in FRESH:
            shutil.rmtree(self.state_dir / name, ignore_errors=True)

    def _timed(self, name: str, sentence: str) -> contextlib.AbstractContextManager[None]:
        @contextlib.contextmanager
        def timing() -> Any:
            self._announce(sentence)
            begun = time.monotonic()
            yield
            self.seconds_to_start[name] = round(time.monotonic() - begun, 2)

        return timing()

    def deploy(self, folder: Path) -> None:
        """Create or update the stacks of a cloud assembly and read back what stands then."""
        self.deployed = deploy(folder, self.endpoint)
        self.resources = read_back(self.endpoint, self.deployed.assets)
        write_whole(self.state_dir / "resources.json", as_json(self.resources))

    def refer(self, files: Mapping[str, bytes]) -> None:
        """Put reference files where detecting processes read them when they start."""
        for name, content in files.items():
            self.client("s3").put_object(Bucket=self.names["LANE_BUCKET"], Key=f"reference/{name}", Body=content)

    def _settle_code(self) -> None:
        settled = tuple(settle(function, self._cache, self._announce) for function in self.resources.functions)
        self.resources = msgspec.structs.replace(self.resources, functions=settled)

    def upgrade(self, folder: Path) -> None:
        """Deploy another assembly over this one and go on with its code; services keep running as they are."""
        self.deploy(folder)
        self._settle_code()
        if self._poller is not None:
            self.start_poller()

    def stop(self) -> None:
        """End everything: services flush, batches finish, what was gathered lands, the emulator goes last."""
        self._watching.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        for service in self.services:
            service.stop()
        for child in (self._poller, self._lander):
            if child is not None:
                child.stop(grace_seconds=15)
        self._poller = self._lander = None
        self._emulator.stop()

    # --- parts ---

    def _start_lander(self) -> None:
        settings = LanderSettings(
            endpoint=self.endpoint,
            folder=str(self.state_dir),
            spool=str(self._emulator.spool),
            deliveries=self.resources.deliveries,
            buffer_seconds=self._landing_seconds,
        )
        self._lander = self._start_part("lander", settings)

    def start_poller(self, faults: Faults | None = None, workers: Mapping[str, int] | None = None) -> None:
        """Start the poller, or replace it by one with other faults that goes on where it was; returns when it polls."""
        if self._poller is not None:
            self._poller.stop(grace_seconds=15)
            self._poller = None
        if faults is not None:
            self.faults = faults
        if workers is not None:
            self._workers = dict(workers)
        settings = PollerSettings(
            endpoint=self.endpoint,
            folder=str(self.state_dir),
            functions=self.resources.functions,
            mappings=self.resources.mappings,
            schedules=self.resources.schedules,
            workers=self._worker_counts(),
            faults=self.faults,
            run_schedules=self._run[2],
        )
        self._poller = self._start_part("poller", settings)
        self._wait_until_ready(self._poller)

    def _worker_counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for mapping in self.resources.mappings:
            kinesis = ":kinesis:" in mapping.source_arn
            counts[mapping.function_name] = max(counts.get(mapping.function_name, 1), DETECTORS if kinesis else 1)
        for function in counts:
            counts[function] = next((n for part, n in self._workers.items() if part in function), counts[function])
        return counts

    def _start_part(self, name: str, settings: msgspec.Struct) -> lifeline.Child:
        status = self._status_path(name)
        status.unlink(missing_ok=True)
        path = self.state_dir / "status" / f"{name}.settings.json"
        write_whole(path, msgspec.json.encode(settings).decode())
        return lifeline.start(
            name,
            lifeline.module_command(f"local.{name}", str(path), str(status)),
            environment=process_environment(self.endpoint, self.state_dir / "tmp"),
            log=self.state_dir / "logs" / f"{name}.log",
        )

    def _status_path(self, name: str) -> Path:
        return self.state_dir / "status" / f"{name}.json"

    def _wait_until_ready(self, child: lifeline.Child | None) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while child is not None and not read_report(self._status_path(child.name)).get("ready"):
            if not child.alive:
                raise StackError(f"the {child.name} ended while starting:\n{child.last_words()}")
            if time.monotonic() > deadline:
                raise StackError(f"the {child.name} was not ready within {READY_SECONDS:g} s:\n{child.last_words()}")
            time.sleep(0.02)

    def _start_services(self) -> None:
        if not self._run[0]:
            return
        self.health_port = free_port()
        here = {
            "HEALTH_HOST": "127.0.0.1",
            "HEALTH_PORT": str(self.health_port),
            "SPILL_FOLDER": str(self.state_dir / "spill"),
        }
        self.services = [
            ServiceProcess(service, self.endpoint, self.state_dir, here | self._service_environment)
            for service in self.resources.services
        ]
        for service in self.services:
            service.start()
        self._watching.clear()
        self._watcher = threading.Thread(target=self._watch_services, name="services", daemon=True)
        self._watcher.start()

    def _watch_services(self) -> None:
        while not self._watching.wait(WATCH_S):
            for service in self.services:
                service.restart_if_dead()

    # --- what is there ---

    @property
    def endpoint(self) -> str:
        return self._emulator.endpoint

    @property
    def environment(self) -> dict[str, str]:
        """Give the variables with which boto3, in this or another process, talks to this stack."""
        return client_environment(self.endpoint)

    @property
    def names(self) -> dict[str, str]:
        """Give the deployed resources by the variable that functions and services know them by, as EVENT_STREAM."""
        return self.resources.names

    def client(self, service: str) -> Any:
        return client(service, self.endpoint)

    def bucket_path(self, bucket: str) -> Path:
        """Give the folder in which a bucket's objects are plain files (beside each, its .meta.json)."""
        return self._emulator.bucket_path(bucket)

    @property
    def lake_path(self) -> Path:
        return self.bucket_path(self.names["LAKE_BUCKET"])

    @property
    def lane_path(self) -> Path:
        return self.bucket_path(self.names["LANE_BUCKET"])

    @property
    def outbox(self) -> Outbox:
        if self._outbox is None:
            self._outbox = Outbox(self.client("sqs"), list(self.resources.mailboxes), self.state_dir / JOURNAL)
        return self._outbox

    def status(self) -> dict[str, Any]:
        """Give the counters of every part, as plain values."""
        return {
            "endpoint": self.endpoint,
            "seconds_to_start": self.seconds_to_start,
            "stacks": self.deployed.stacks,
            "left_out": self.deployed.left_out,
            "poller": read_report(self._status_path("poller")),
            "lander": read_report(self._status_path("lander")),
            "services": [
                {
                    "name": s.service.container,
                    "alive": s.alive,
                    "starts": s.starts,
                    "pid": s.child.pid if s.child else None,
                }
                for s in self.services
            ],
            "emulator": {"pid": self._emulator.child.pid if self._emulator.child else None},
            "dead": self.dead(),
        }

    def dead(self) -> list[str]:
        """Name the parts that ended by themselves."""
        children = [self._emulator.child, self._poller, self._lander]
        return [child.name for child in children if child is not None and not child.alive]

    # --- commands ---

    def drain(self, timeout_seconds: float = 60.0, passes: int = 3) -> None:
        """Wait until all that was put so far is delivered and landed, and what that caused, and what that caused.

        Raises `StackError` if a part died or time is up.
        """
        deadline = time.monotonic() + timeout_seconds
        for _ in range(passes):
            self._drain_once(time.time(), deadline)

    def _drain_once(self, since: float, deadline: float) -> None:
        if self._lander is not None:
            self._lander.signal(signal.SIGUSR1)
        asked = time.monotonic()
        while True:
            behind = self._behind(since)
            if not behind:
                return
            if self.dead():
                raise StackError(f"{', '.join(self.dead())} ended by itself; see {self.state_dir / 'logs'}")
            if time.monotonic() > deadline:
                raise StackError(f"not drained in time: {', '.join(behind)}")
            time.sleep(0.05)
            if self._lander is not None and time.monotonic() - asked > 1:
                self._lander.signal(signal.SIGUSR1)
                asked = time.monotonic()

    def _behind(self, since: float) -> list[str]:
        parts: Sequence[tuple[lifeline.Child | None, str, str]] = (
            (self._poller, "mappings", "function"),
            (self._lander, "deliveries", "name"),
        )
        behind = []
        for child, kind, label in parts:
            if child is not None:
                report = read_report(self._status_path(child.name))
                behind += [entry[label] for entry in report.get(kind, []) if entry["caught_up_at"] < since]
                behind += [child.name] if not report else []
        return behind

    def fail_services(self, *faults: ServiceFault, seed: int = 0) -> None:
        """Let services fail from now on as told; without faults they are well again. Within 16 requests."""
        rules = FaultRules(seed, tuple(faults))
        write_whole(self._emulator.fault_rules, msgspec.json.encode(rules).decode())

    def run_schedules_now(self) -> None:
        """Ask every schedule to run once now; does not wait for it."""
        if self._poller is not None:
            self._poller.signal(signal.SIGUSR1)

    def replace_workers(self, timeout_seconds: float = 30.0) -> None:
        """Replace all handler processes between batches, as a deployment does; returns when it is done."""
        if self._poller is None:
            return
        done = read_report(self._status_path("poller"))["commands"]
        self._poller.signal(signal.SIGUSR2)
        deadline = time.monotonic() + timeout_seconds
        while read_report(self._status_path("poller"))["commands"] == done:
            if time.monotonic() > deadline or not self._poller.alive:
                raise StackError("the workers were not replaced")
            time.sleep(0.02)


def _exit_of_sigterm(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
