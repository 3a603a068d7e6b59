"""Composes the engine of a process that detects or reviews, from the lane bucket."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from surveillance.adapters.reference_files import read_reference, table_of
from surveillance.allow_list import AllowList, read_entries
from surveillance.declared.definition import ParametersWithRules
from surveillance.engine import Engine
from surveillance.errors import InputError
from surveillance.metrics import Meter
from surveillance.parameters import read_layer
from surveillance.reference import Instrument, Reference, accounts_of, instruments_of
from surveillance.rule_parameters import parameters_under
from surveillance.rules import RULES


class Format(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for every symbol of the feed: the instrument that unknown ones are like, the levels a book shows."""

    unknown: Instrument = Instrument(symbol="")
    shown_levels: int = 0


def attempt_name() -> str:
    """Name an attempt; never the same twice."""
    return uuid4().hex


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
