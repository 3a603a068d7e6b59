"""Records to Kinesis: several calls at once, each with at most one record of a lane; only what failed goes again."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from surveillance.lanes import explicit_hash_key

from ingester.outbox import Outbox
from ingester.record import Record

logger = logging.getLogger(__name__)
CALLS_AT_ONCE = 4
IDLE_SECONDS = 0.5


class Delivery:
    """Takes records out of the outbox and tells it what became of them."""

    def __init__(self, client: Any, stream: str, lanes: int, outbox: Outbox, may_put: Callable[[], bool]) -> None:
        """`may_put` is asked before every call: a lost lease stops the writing at once."""
        self._client = client
        self._stream = stream
        self._lanes = lanes
        self._outbox = outbox
        self._may_put = may_put
        self._calls: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self.errors: Counter[str] = Counter()
        self.last_success = monotonic()

    def wake(self) -> None:
        """Note that there is more to put."""
        self._wake.set()

    async def run(self) -> None:
        """Put records until cancelled; calls that are out are waited for, since their outcome must be known."""
        try:
            while True:
                self._start_calls()
                due = self._outbox.next_due(monotonic())
                try:
                    async with asyncio.timeout(min(IDLE_SECONDS, due) if due is not None else IDLE_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    pass
                self._wake.clear()
        finally:
            if self._calls:
                await asyncio.wait(self._calls)

    def _start_calls(self) -> None:
        while len(self._calls) < CALLS_AT_ONCE and self._may_put():
            records = self._outbox.ready(monotonic())
            if not records:
                return
            call = asyncio.create_task(self._put(records))
            self._calls.add(call)
            call.add_done_callback(self._done)

    def _done(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self.wake()

    async def _put(self, records: list[Record]) -> None:
        try:
            answers = await asyncio.to_thread(self._call, records)
        except (BotoCoreError, ClientError, OSError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            answers = [{"ErrorCode": code}] * len(records)
        now = monotonic()
        for record, answer in zip(records, answers, strict=True):
            if answer.get("ErrorCode"):
                self.errors[answer["ErrorCode"]] += 1
                self._outbox.fail(record, now)
            else:
                self._outbox.confirm(record)
                self.last_success = now

    def _call(self, records: list[Record]) -> list[dict[str, Any]]:
        answer = self._client.put_records(
            StreamName=self._stream,
            Records=[
                {
                    "Data": record.data,
                    "PartitionKey": str(record.lane),
                    "ExplicitHashKey": explicit_hash_key(record.lane, self._lanes),
                }
                for record in records
            ],
        )
        answers: list[dict[str, Any]] = answer["Records"]
        return answers
