"""Failing services on purpose: requests refused, answers lost after the work was done, records throttled. By a seed.

The rules stand in a file that the emulator looks at again whenever it changes.
"""

import random
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import msgspec

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
LOOK_EVERY = 16


class ServiceFault(msgspec.Struct, frozen=True):
    """A share of the requests to `service` (as in the credential scope: s3, dynamodb, sns, kinesis, firehose) fails.

    `operation` limits it to one of a JSON service's. `answer_lost` does the work and then fails, as a time-out does.
    `throttled` fails single records of PutRecords instead of requests.
    """

    service: str
    share: float
    operation: str = ""
    answer_lost: bool = False
    throttled: bool = False


class FaultRules(msgspec.Struct, frozen=True):
    seed: int = 0
    faults: tuple[ServiceFault, ...] = ()


class FaultSource:
    """Draws faults by the rules in a file; no file, no faults."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = -1
        self._asked = 0
        self._rules = FaultRules()
        self._random = random.Random(0)  # noqa: S311

    def request(self, service: str, operation: str) -> ServiceFault | None:
        """Give the fault that strikes this request, if one does."""
        return self._draw(lambda fault: not fault.throttled and _meant(fault, service, operation))

    def record(self) -> bool:
        """Say whether this record of a PutRecords is throttled."""
        return self._draw(lambda fault: fault.throttled) is not None

    def _draw(self, concerned: Callable[[ServiceFault], bool]) -> ServiceFault | None:
        self._look()
        for fault in self._rules.faults:
            if concerned(fault) and self._random.random() < fault.share:
                return fault
        return None

    def _look(self) -> None:
        self._asked += 1
        if self._asked % LOOK_EVERY != 1:
            return
        stamp = self._path.stat().st_mtime_ns if self._path.exists() else -1
        if stamp != self._stamp:
            self._stamp = stamp
            self._rules = msgspec.json.decode(self._path.read_bytes(), type=FaultRules) if stamp >= 0 else FaultRules()
            self._random = random.Random(self._rules.seed)  # noqa: S311


def _meant(fault: ServiceFault, service: str, operation: str) -> bool:
    return fault.service == service and fault.operation in ("", operation)


def failing(application: Application, faults: FaultSource) -> Application:
    """Wrap an ASGI application so that requests fail as the rules say."""

    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        fault = faults.request(*_target(scope)) if scope["type"] == "http" else None
        if fault is None:
            await application(scope, receive, send)
            return
        if fault.answer_lost:
            await application(scope, receive, _swallow)
        else:
            while (await receive()).get("more_body"):
                pass
        await send({"type": "http.response.start", "status": 500, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    return wrapped


async def _swallow(message: Message) -> None:
    pass


def _target(scope: Message) -> tuple[str, str]:
    """Give the service and the operation of a signed request, as far as its headers say."""
    headers = dict(scope["headers"])
    signed = headers.get(b"authorization", b"").decode(errors="replace").partition("Credential=")[2].split("/")
    service = signed[3] if len(signed) > 3 else ""
    return service, headers.get(b"x-amz-target", b"").decode(errors="replace").rpartition(".")[2]
