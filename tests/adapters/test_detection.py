"""What the detecting process reads beside its events."""

import pytest
from surveillance.adapters.detection import Format, allow_list_of, engine_of, format_of
from surveillance.adapters.lane_feed import LaneFeed
from surveillance.errors import InputError
from surveillance.reference import Instrument

from tests.adapters.aws_tables import BUCKET, alert, make_bucket
from tests.adapters.fake_engine import FakeEngine
from tests.adapters.shard_model import order, plainly_decoded


def test_a_format_file_tells_of_unknown_symbols_and_shown_levels() -> None:
    content = b'{"unknown": {"symbol": "", "calendar": "XNYS"}, "shown_levels": 1}'
    assert format_of(content) == Format(Instrument(symbol="", calendar="XNYS"), 1)


@pytest.mark.parametrize("content", [b"{", b'{"levels": 1}', b'{"shown_levels": "one"}'])
def test_a_format_file_of_another_shape_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(InputError, match=r"format\.json"):
        format_of(content)


ALLOW = b'[[allow]]\nsymbols = "AAPL"\nreason = "known"\nexpires = 2026-12-31\n'


def test_the_buckets_allow_list_suppresses_what_the_engine_finds(aws: None) -> None:
    objects = make_bucket()
    engine = engine_of(objects, BUCKET, 1)
    assert allow_list_of(objects, BUCKET, engine).judged(alert()).status == "open"
    objects.put_object(Bucket=BUCKET, Key="reference/allow.toml", Body=ALLOW)
    feed = LaneFeed(FakeEngine(), plainly_decoded, allow_list_of(objects, BUCKET, engine).judged)
    lines = b"".join(order(("AAPL", "MSFT")[number % 2], number) for number in range(6))
    found = feed.feed(feed.engine.new_state(), lines).alerts.values()
    assert {one.symbol: one.status for one in found} == {"AAPL": "suppressed", "MSFT": "open"}
    objects.put_object(Bucket=BUCKET, Key="reference/allow.toml", Body=ALLOW.replace(b"known", b""))
    with pytest.raises(InputError, match=r"allow\.toml"):
        allow_list_of(objects, BUCKET, engine)


OWN = b"""
[declared.wide_and_busy]
title = "Wide and busy"
severity = "low"
window_s = 60
[[declared.wide_and_busy.when]]
feature = "spread_bp"
above = 20
"""


def test_a_rule_declared_in_the_bucket_runs_and_can_be_allowed(aws: None) -> None:
    objects = make_bucket()
    plain = engine_of(objects, BUCKET, 1)
    objects.put_object(Bucket=BUCKET, Key="reference/parameters.toml", Body=OWN)
    allow = ALLOW.replace(b"symbols", b"rules").replace(b"AAPL", b"wide_and_busy")
    objects.put_object(Bucket=BUCKET, Key="reference/allow.toml", Body=allow)
    engine = engine_of(objects, BUCKET, 1)
    assert engine.digest != plain.digest
    assert "wide_and_busy" in engine.not_applicable(engine.new_state())
    assert allow_list_of(objects, BUCKET, engine).judged(alert(rule="wide_and_busy")).status == "suppressed"
