"""Composes the detecting process: engine, stores and consumer, from the environment."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep, time
from typing import Any, Final
from uuid import uuid4

import msgspec

from surveillance.adapters.alert_table import AlertTable
from surveillance.adapters.checkpoints import CheckpointTable
from surveillance.adapters.clients import CONNECTIONS, client
from surveillance.adapters.deliveries import DeliveryStream
from surveillance.adapters.held_lane import Settings, Stores
from surveillance.adapters.lane_consumer import LaneConsumer
from surveillance.adapters.lane_feed import LaneFeed
from surveillance.adapters.lane_log import CHAPTERS, LaneLog
from surveillance.adapters.metric_store import LatestMetrics, MetricStore
from surveillance.adapters.quarantine import Quarantine
from surveillance.adapters.reference_files import read_reference, table_of
from surveillance.adapters.signed_calls import SignedCalls
from surveillance.adapters.snapshots import SnapshotStore
from surveillance.allow_list import AllowList, read_entries
from surveillance.declared.definition import ParametersWithRules
from surveillance.engine import Engine
from surveillance.errors import InputError
from surveillance.metrics import Meter
from surveillance.parameters import read_layer
from surveillance.reference import Instrument, Reference, accounts_of, instruments_of
from surveillance.rule_parameters import parameters_under
from surveillance.rules import RULES

ABREAST: Final = CONNECTIONS // 2


class Format(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for every symbol of the feed: the instrument that unknown ones are like, the levels a book shows."""

    unknown: Instrument = Instrument(symbol="")
    shown_levels: int = 0


def attempt_name() -> str:
    """Name an attempt; never the same twice."""
    return uuid4().hex


def consumer_from_environment() -> LaneConsumer:
    """Make the consumer of this process from LANES, LANE_BUCKET, CHECKPOINT_TABLE, ALERT_TABLE, METRIC_TABLE and
    METRIC_DELIVERY_STREAM.
    """
    lanes, bucket = int(os.environ["LANES"]), os.environ["LANE_BUCKET"]
    objects, items = client("s3"), client("dynamodb")
    engine = engine_of(objects, bucket, lanes, measuring=True)
    calls = ThreadPoolExecutor(ABREAST, thread_name_prefix="call")
    whole_lanes = ThreadPoolExecutor(ABREAST, thread_name_prefix="lane")
    direct = SignedCalls(items)
    stores = Stores(
        checkpoints=CheckpointTable(items, os.environ["CHECKPOINT_TABLE"], direct),
        log=LaneLog(objects, bucket, attempt_name, calls.map),
        snapshots=SnapshotStore(objects, bucket),
        quarantine=Quarantine(objects, bucket),
        alerts=AlertTable(items, os.environ["ALERT_TABLE"], direct),
        metrics=MetricStore(
            DeliveryStream(client("firehose"), os.environ["METRIC_DELIVERY_STREAM"], sleep),
            LatestMetrics(items, os.environ["METRIC_TABLE"], direct),
            calls.map,
        ),
        evidence_uri=lambda lane, date: f"s3://{bucket}/{CHAPTERS}lane={lane:03d}/date={date}/",
        spread=calls.map,
    )
    return LaneConsumer(
        LaneFeed(engine, judged=allow_list_of(objects, bucket, engine).judged),
        stores,
        lanes,
        attempt_name,
        lambda: time() * 1000,
        Settings(),
        whole_lanes.map,
    )


def engine_of(objects: Any, bucket: str, lanes: int, *, measuring: bool = False) -> Engine:
    """Make the engine from shipped parameters and the bucket's reference files, `measuring` markets by the minute.

    Raises `InputError` for bad files.
    """
    instruments, accounts, form = (
        read_reference(objects, bucket, name) for name in ("instruments.csv", "accounts.csv", "format.json")
    )
    said = format_of(form) if form else Format()
    reference = Reference(
        instruments=instruments_of(table_of(instruments)) if instruments else (),
        accounts=accounts_of(table_of(accounts)) if accounts else (),
        unknown=said.unknown,
        shown_levels=said.shown_levels,
    )
    parameters = parameters_of(objects, bucket)
    meter = Meter(parameters.average_windows_min) if measuring else None
    return Engine(parameters, reference, lanes=lanes, meter=meter)


def parameters_of(objects: Any, bucket: str, *, batch: bool = False) -> ParametersWithRules:
    """Read the parameters: as shipped, then the bucket's own; with `batch` those of batch rules in any case."""
    own = read_reference(objects, bucket, "parameters.toml")
    layers = [read_layer(shipped_parameters().read_text())]
    if own:
        layers.append(read_layer(own.decode(), "parameters.toml"))
    return parameters_under(layers, batch=batch)


def allow_list_of(objects: Any, bucket: str, engine: Engine) -> AllowList:
    """Read the bucket's allow-list; raises `InputError` for a bad one."""
    content = read_reference(objects, bucket, "allow.toml")
    if content is None:
        return AllowList()
    from surveillance.batch import BATCH_RULES

    known = [rule.ID for rule in (*RULES, *BATCH_RULES)]
    if isinstance(engine.parameters, ParametersWithRules):
        known += [rule.id for rule in engine.parameters.declared_rules]
    return AllowList(read_entries(content.decode(), known, "allow.toml"), engine.reference.accounts)


def format_of(content: bytes) -> Format:
    """Read `format.json`; raises `InputError` for another shape."""
    try:
        return msgspec.json.decode(content, type=Format)
    except msgspec.DecodeError as error:
        raise InputError(f"format.json: {error}.") from error


def shipped_parameters() -> Path:
    """Find `parameters/default.toml`: beside the library in an image, at the root of a checkout."""
    for folder in Path(__file__).parents[2:4]:
        if (found := folder / "parameters" / "default.toml").is_file():
            return found
    raise InputError("parameters/default.toml is not beside the library.")
