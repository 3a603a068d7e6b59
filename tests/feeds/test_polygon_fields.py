"""Every field of Polygon's reference is mapped to an event field or left out with a reason."""

import json
from pathlib import Path
from typing import Any

import pytest
from surveillance.events import FIELDS
from surveillance.feeds.polygon.answers import answer_kind
from surveillance.feeds.polygon.fields import (
    CONTROL,
    ENVELOPE,
    LEFT_OUT,
    LEFT_OUT_ANSWERS,
    LEFT_OUT_MARKETS,
    LEFT_OUT_MESSAGES,
    MAPPED,
    MAPPED_ANSWERS,
)
from surveillance.feeds.polygon.messages import _ROWS

REFERENCE = Path(__file__).parents[2].parent / "shared/data/polygon"
SPECIFICATION = REFERENCE / "websocket_spec.json"
MARKETS_LEFT_OUT = ("options", "indices")


def properties(schema: dict[str, Any]) -> set[str]:
    found = set(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        found |= properties(part)
    return found


def test_every_mapped_message_has_a_row_and_every_target_is_an_event_field() -> None:
    assert MAPPED.keys() == LEFT_OUT.keys() == _ROWS.keys()
    targets = {target for fields in MAPPED.values() for text in fields.values() for target in text.split(", ")}
    assert targets <= set(FIELDS)


def test_no_field_is_both_mapped_and_left_out() -> None:
    for kind in MAPPED:
        assert not MAPPED[kind].keys() & LEFT_OUT[kind].keys()
    for kind in MAPPED_ANSWERS:
        assert not MAPPED_ANSWERS[kind].keys() & LEFT_OUT_ANSWERS[kind].keys()


def test_every_field_of_the_specification_is_mentioned() -> None:
    if not SPECIFICATION.exists():
        pytest.skip(f"the reference is not here: {SPECIFICATION}")
    paths = json.loads(SPECIFICATION.read_text())["paths"]
    assert paths
    for path, operations in paths.items():
        market, kind = path.split("/")[-2:]
        content = operations["get"]["responses"]["200"]["content"]["application/json"]
        if market in MARKETS_LEFT_OUT:
            assert market in LEFT_OUT_MARKETS.values()
            continue
        if kind in LEFT_OUT_MESSAGES:
            continue
        mentioned = MAPPED[kind].keys() | LEFT_OUT[kind].keys()
        assert properties(content["schema"]) <= mentioned, path
        assert content["example"].keys() <= mentioned, path


def test_status_is_the_control_message_of_the_specification() -> None:
    if not SPECIFICATION.exists():
        pytest.skip(f"the reference is not here: {SPECIFICATION}")
    schemas = json.loads(SPECIFICATION.read_text())["components"]["schemas"]
    assert schemas["Event"]["properties"]["ev"]["enum"] == [CONTROL]


def test_every_field_of_the_answers_is_mentioned() -> None:
    if not REFERENCE.exists():
        pytest.skip(f"the reference is not here: {REFERENCE}")
    kinds = set()
    for file in sorted((REFERENCE / "rest").glob("*.json")):
        body = json.loads(file.read_text())
        kind = answer_kind(body, file.name) if isinstance(body, dict) else None
        if kind is None:
            continue
        kinds.add(kind)
        mentioned = MAPPED_ANSWERS[kind].keys() | LEFT_OUT_ANSWERS[kind].keys() | ENVELOPE.keys()
        results = body.get("results", body.get("last"))
        keys = set(body).union(*(results if isinstance(results, list) else [results]))
        assert keys <= mentioned, file.name
    assert kinds == MAPPED_ANSWERS.keys()
