"""One feed's life: wait for the lease, read and put while it holds, give it back in order."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic, time_ns
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from surveillance.wire import Decoder
from websockets.exceptions import ConnectionClosed

from ingester.backoff import delays
from ingester.configuration import ConfigurationError, Feed, Settings
from ingester.connection import Connections, gather
from ingester.counts import Counts
from ingester.delivery import Delivery
from ingester.keys import key_of
from ingester.lease import Lease, LeaseLostError, LeaseTable
from ingester.outbox import Outbox
from ingester.pipeline import Pipeline
from ingester.protocols import FeedProtocol, ProtocolError, VenueBusyError
from ingester.protocols.events import EventsProtocol
from ingester.quarantine import Quarantine
from ingester.spill import Spill

logger = logging.getLogger(__name__)
GATHER_BYTES = 1_000_000
TICK_SECONDS = 1.0
RENEWALS_PER_LEASE = 10
FULL_PAUSE_SECONDS = 0.02
AWS_ERRORS = (BotoCoreError, ClientError, OSError)


@dataclass(frozen=True)
class Clients:
    """The AWS services the ingester calls, as boto3 clients."""

    kinesis: Any
    dynamodb: Any
    s3: Any
    secrets: Any


class FeedService:
    """Runs one feed. `state` says in words what it is doing."""

    def __init__(
        self,
        settings: Settings,
        feed: Feed,
        clients: Clients,
        backoff: Callable[[], Iterator[float]] = delays,
    ) -> None:
        self.feed = feed
        self.state = "waiting for the lease"
        self.counts = Counts()
        self.lease: Lease | None = None
        self._leases_taken = 0
        self._settings = settings
        self._clients = clients
        self._backoff = backoff
        self._leases = LeaseTable(clients.dynamodb, settings.lease_table, settings.owner, settings.lease_seconds)
        self._renewing = asyncio.Lock()
        self._stop = asyncio.Event()
        self._frames: list[bytes] = []
        self._outbox: Outbox | None = None
        self._pipeline: Pipeline | None = None
        self._delivery: Delivery | None = None
        self._spill: Spill | None = None
        self._quarantine = Quarantine(feed.name)
        self._connections: Connections | None = None
        self._disconnected_at = monotonic()
        self.failure = ""

    def stop(self) -> None:
        """Ask for an orderly end."""
        self._stop.set()

    async def run(self) -> None:
        """Serve the feed until it is stopped, or the venue refuses for good (`failure` says why)."""
        while not self._stop.is_set():
            self.state = "waiting for the lease"
            lease = await self._acquire()
            if lease is None:
                break
            try:
                await self._hold(lease)
            except LeaseLostError as lost:
                left = sum(self.counts.pending().values())
                logger.warning(
                    "%s %d lines were not confirmed; the next holder reads them again or tells a gap.", lost, left
                )
            except ProtocolError as error:
                self.failure = self.state = str(error)
                logger.error("feed %s stops: %s", self.feed.name, error)
                return
        self.state = "stopped"

    def report(self) -> dict[str, Any]:
        """Give state, counts and positions as plain JSON values."""
        outbox, delivery = self._outbox, self._delivery
        return {
            "state": self.state,
            "lease_number": self.lease.number if self.lease else None,
            "leases_taken": self._leases_taken,
            "counts": self.counts.report(),
            "next_seq": self._pipeline.resume_from() if self._pipeline else {},
            "queue_bytes": outbox.bytes if outbox else 0,
            "records_waiting": outbox.waiting if outbox else 0,
            "spill_records": len(self._spill) if self._spill else 0,
            "spill_bytes": self._spill.bytes if self._spill else 0,
            "quarantine_waiting": len(self._quarantine),
            "put_errors": dict(delivery.errors) if delivery else {},
            "last_connection_error": self._connections.last_error if self._connections else "",
        }

    def complaints(self, now: float) -> list[str]:
        """Say what an operator should know, empty if all is well; `now` is the monotonic clock."""
        if self.failure:
            return [f"feed {self.feed.name}: {self.failure}"]
        if self.lease is None or self._pipeline is None or self._outbox is None or self._delivery is None:
            return []
        found = []
        if not self._pipeline.connected and self.state == "connecting" and now - self._disconnected_at > 60:
            found.append(f"feed {self.feed.name}: not connected for {now - self._disconnected_at:.0f} s")
        if self._outbox.waiting and now - self._delivery.last_success > 60:
            found.append(f"feed {self.feed.name}: nothing confirmed by Kinesis for a minute")
        if self.state == "full":
            found.append(f"feed {self.feed.name}: queue and spill are full, reading has stopped")
        return found

    async def _acquire(self) -> Lease | None:
        """Take the lease; None if the service is stopped before it is free."""
        waits = delays(0.2, 1.5, max(0.2, self._settings.lease_seconds / 5))
        while not self._stop.is_set():
            try:
                lease = await asyncio.to_thread(self._leases.acquire, self.feed.name)
                if lease is not None:
                    logger.info("feed %s: lease %d taken", self.feed.name, lease.number)
                    return lease
            except AWS_ERRORS as error:
                logger.warning("feed %s: the lease table does not answer: %s", self.feed.name, _name(error))
            await self._pause(next(waits))
        return None

    async def _hold(self, lease: Lease) -> None:
        """Work while the lease holds."""
        settings = self._settings
        self.lease = lease
        self._leases_taken += 1
        self.counts = Counts()
        limit = settings.spill_bytes if self.feed.live else 0
        self._spill = Spill(settings.spill_folder / self.feed.name, limit)
        if any(lane >= settings.lanes for lane in self._spill.lanes()):
            raise ConfigurationError(
                f"The spill of feed {self.feed.name} was written with more than {settings.lanes} lanes."
            )
        outbox = Outbox(settings.lanes, self._spill, self.counts, settings.queue_bytes, settings.flush_seconds)
        self._quarantine = Quarantine(self.feed.name)
        pipeline = Pipeline(
            self.feed,
            settings.lanes,
            lease.started_ns,
            lease.positions,
            lease.clean,
            outbox,
            self._quarantine,
            self.counts,
        )
        delivery = Delivery(self._clients.kinesis, settings.event_stream, settings.lanes, outbox, lambda: lease.valid)
        self._outbox, self._pipeline, self._delivery = outbox, pipeline, delivery
        reading = asyncio.create_task(self._read(lease, pipeline, outbox, delivery))
        keeping = asyncio.create_task(self._keep(lease, pipeline))
        delivering = asyncio.create_task(delivery.run())
        work = [
            keeping,
            delivering,
            asyncio.create_task(self._flush(pipeline, outbox, delivery)),
            asyncio.create_task(self._write_quarantine()),
        ]
        stopping = asyncio.create_task(self._stop.wait())
        try:
            while not self._stop.is_set():
                await asyncio.wait({reading, stopping, *work}, return_when=asyncio.FIRST_COMPLETED)
                _raise_of(work)
                if reading.done():
                    if reading.exception() is not None:
                        break
                    await asyncio.wait({stopping, *work}, return_when=asyncio.FIRST_COMPLETED)
                    _raise_of(work)
            await _cancelled([reading])
            await self._drain(pipeline, outbox, delivery, work)
            await _cancelled([delivering])
            saved = outbox.save()
            if saved:
                logger.warning("feed %s: %d records left on disk", self.feed.name, saved)
            await _cancelled([keeping])
            await self._give_back(lease, pipeline)
            if reading.done() and not reading.cancelled() and reading.exception() is not None:
                reading.result()
        finally:
            lease.trusted_until = 0
            await _cancelled([reading, stopping, *work])
            self.lease = None

    async def _read(self, lease: Lease, pipeline: Pipeline, outbox: Outbox, delivery: Delivery) -> None:
        """Read connection after connection; ends only with a recorded session."""
        key = await self._key()
        self._connections = connections = Connections(self.feed.url, lambda: self._protocol(key), self._backoff)
        while True:
            self.state = "connecting"
            socket, protocol = await connections.open()
            pipeline.opened()
            try:
                for message in protocol.opening(pipeline.resume_from()):
                    await socket.send(message, text=True)
                while True:
                    await self._room(outbox)
                    self.state = "reading"
                    await gather(socket, self._frames, self._settings.gather_seconds, GATHER_BYTES)
                    connections.proven()
                    for reply in self._receive(protocol, pipeline):
                        await socket.send(reply, text=True)
                    if pipeline.must_save:
                        await self._save_base(lease, pipeline, outbox)
                    delivery.wake()
                    await asyncio.sleep(0)
            except ConnectionClosed as closed:
                connections.note(closed)
                reason = closed.rcvd.reason if closed.rcvd is not None else ""
                if reason == "end" and not self.feed.live:
                    self.state = "ended"
                    return
            except VenueBusyError as refusal:
                connections.note(refusal)
                logger.warning("%s", refusal)
            except asyncio.CancelledError:
                if self._frames:
                    self._receive(protocol, pipeline)
                raise
            finally:
                self._disconnected_at = monotonic()
                pipeline.cut()
                await socket.close()
            logger.info("feed %s: connection ended: %s", self.feed.name, connections.last_error)
            await connections.wait()

    def _receive(self, protocol: FeedProtocol, pipeline: Pipeline) -> list[bytes]:
        """Take the gathered frames; give what to reply."""
        frames, self._frames = self._frames, []
        self.counts.frames += len(frames)
        self.counts.bytes_received += sum(map(len, frames))
        read = protocol.read(frames)
        pipeline.receive(read, time_ns(), monotonic())
        return read.replies

    def _protocol(self, key: str | None) -> FeedProtocol:
        if self.feed.protocol == "polygon":
            from ingester.protocols.polygon import PolygonProtocol  # its decoders load only where they are needed

            return PolygonProtocol(self.feed, key)
        return EventsProtocol(Decoder(), key)

    async def _key(self) -> str | None:
        waits = self._backoff()
        while True:
            try:
                return await asyncio.to_thread(key_of, self._clients.secrets, self.feed.secret)
            except ConfigurationError as error:
                raise ProtocolError(str(error)) from None
            except AWS_ERRORS as error:
                logger.warning("feed %s: its key cannot be read: %s", self.feed.name, _name(error))
                await asyncio.sleep(next(waits))

    async def _room(self, outbox: Outbox) -> None:
        while not (outbox.room and self._quarantine.room):
            self.state = "full"
            await asyncio.sleep(FULL_PAUSE_SECONDS)

    async def _save_base(self, lease: Lease, pipeline: Pipeline, outbox: Outbox) -> None:
        """Save a raised base before an event that carries it may be put."""
        waits = self._backoff()
        while pipeline.must_save:
            try:
                await self._renew(lease, pipeline)
                pipeline.must_save = outbox.held = False
            except AWS_ERRORS as error:
                logger.warning("feed %s: a raised base cannot be saved: %s", self.feed.name, _name(error))
                await asyncio.sleep(next(waits))

    async def _renew(self, lease: Lease, pipeline: Pipeline, release: bool = False) -> None:
        async with self._renewing:
            await asyncio.to_thread(self._leases.renew, self.feed.name, lease, pipeline.positions(), release)

    async def _keep(self, lease: Lease, pipeline: Pipeline) -> None:
        """Renew the lease and save the positions, about once a second.

        Raises:
            LeaseLostError: another holds it, or may by now.
        """
        while True:
            await asyncio.sleep(min(1.0, self._settings.lease_seconds / RENEWALS_PER_LEASE))
            try:
                await self._renew(lease, pipeline)
            except AWS_ERRORS as error:
                logger.warning("feed %s: the lease cannot be renewed: %s", self.feed.name, _name(error))
            if not lease.valid:
                raise LeaseLostError(f"Feed {self.feed.name}: the lease could not be renewed in time.")

    async def _flush(self, pipeline: Pipeline, outbox: Outbox, delivery: Delivery) -> None:
        """Close records that are old enough, and look at the wall clock once a second."""
        ticked = monotonic()
        pause = max(0.005, self._settings.flush_seconds / 5)
        while True:
            await asyncio.sleep(pause)
            now = monotonic()
            if now - ticked >= TICK_SECONDS:
                ticked = now
                pipeline.tick(time_ns(), now)
            outbox.flush(now)
            if outbox.waiting:
                delivery.wake()

    async def _write_quarantine(self) -> None:
        """Write what was turned away, about once a second."""
        while True:
            await asyncio.sleep(TICK_SECONDS if not len(self._quarantine) else 0.1)
            waits = self._backoff()
            while len(self._quarantine):
                key, body, lines = self._quarantine.head()
                try:
                    await asyncio.to_thread(
                        self._clients.s3.put_object, Bucket=self._settings.lane_bucket, Key=key, Body=body
                    )
                except AWS_ERRORS as error:
                    logger.warning("feed %s: the quarantine cannot be written: %s", self.feed.name, _name(error))
                    await asyncio.sleep(next(waits))
                else:
                    self._quarantine.confirm(lines)

    async def _drain(
        self, pipeline: Pipeline, outbox: Outbox, delivery: Delivery, work: list[asyncio.Task[None]]
    ) -> None:
        """Put and write what is on its way, as long as the grace lasts."""
        self.state = "draining"
        until = monotonic() + self._settings.grace_seconds
        while monotonic() < until and not (outbox.empty and not len(self._quarantine)):
            _raise_of(work)
            outbox.flush(0, everything=True)
            delivery.wake()
            await asyncio.sleep(0.01)

    async def _give_back(self, lease: Lease, pipeline: Pipeline) -> None:
        try:
            await self._renew(lease, pipeline, release=True)
        except AWS_ERRORS as error:
            logger.warning("feed %s: the lease cannot be given back: %s", self.feed.name, _name(error))

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return


def _raise_of(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        if task.done() and not task.cancelled():
            task.result()


async def _cancelled(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _name(error: BaseException) -> str:
    if isinstance(error, ClientError):
        return str(error.response["Error"]["Code"])
    return type(error).__name__
