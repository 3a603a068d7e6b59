"""All delivery streams of one deployment."""

import threading
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from local.clients import client
from local.kinesis_reads import KinesisReads
from local.lander.conversion import Converter
from local.lander.delivery import Delivery, DeliverySettings
from local.lander.glue_types import arrow_type
from local.lander.inputs import Input, SpoolInput, StreamInput
from local.poller.sources import KinesisShards
from local.positions import Positions


class LanderSettings(msgspec.Struct, frozen=True):
    """What the lander plays, and how long it gathers: less than on AWS, for one wants to see the lake fill."""

    endpoint: str
    folder: str
    spool: str
    deliveries: tuple[DeliverySettings, ...] = ()
    buffer_bytes: int = 24 << 20
    buffer_seconds: float = 3.0


class Lander:
    """Starts a thread per delivery stream; `stop` delivers what is held."""

    def __init__(self, settings: LanderSettings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self.deliveries = [self._delivery(delivery) for delivery in settings.deliveries]
        self._threads: list[threading.Thread] = []

    def _delivery(self, settings: DeliverySettings) -> Delivery:
        return Delivery(
            settings,
            self._input(settings),
            _converter(settings),
            client("s3", self._settings.endpoint),
            buffer_bytes=self._settings.buffer_bytes,
            buffer_seconds=self._settings.buffer_seconds,
        )

    def _input(self, settings: DeliverySettings) -> Input:
        positions = Positions(Path(self._settings.folder) / "positions", f"delivery-{settings.name}")
        if settings.source_arn is None:
            return SpoolInput(Path(self._settings.spool) / settings.name, positions)
        kinesis = client("kinesis", self._settings.endpoint)
        return StreamInput(KinesisShards(kinesis, settings.source_arn), KinesisReads(kinesis), positions)

    def start(self) -> None:
        self._threads = [
            threading.Thread(target=delivery.run, args=(self._stopping,), daemon=True) for delivery in self.deliveries
        ]
        for thread in self._threads:
            thread.start()

    def flush(self) -> None:
        for delivery in self.deliveries:
            delivery.want_flush()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def status(self) -> dict[str, Any]:
        return {
            "deliveries": [
                {
                    "name": delivery.settings.name,
                    "source": delivery.settings.source_arn,
                    "caught_up_at": delivery.caught_up_at,
                    "buffered_records": delivery.buffered_records,
                    "lost": delivery.lost,
                    **msgspec.structs.asdict(delivery.totals),
                }
                for delivery in self.deliveries
            ]
        }


def _converter(settings: DeliverySettings) -> Converter | None:
    if not settings.columns:
        return None
    return Converter(pa.schema([(name, arrow_type(kind)) for name, kind in settings.columns]))
