"""Every line that arrives is a row in its place or a bad line with a reason, never both, never neither."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from surveillance.events import SCHEMA as EVENT
from surveillance.wire import encode_row

from local.lander.conversion import Converter
from local.lander.delivery import Delivery, DeliverySettings
from local.lander.glue_types import arrow_type
from local.lander.inputs import HEADER, Arrival, SpoolInput
from local.lander.prefixes import expand
from local.positions import Positions
from tests.strategies import adversarial

SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string()), ("words", pa.list_(pa.field("element", pa.string())))])
NOON = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


@hypothesis_settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(st.sampled_from([b'{"n":1}', b'{"n":2,"text":"a","words":["b"]}', b"{bad", b'{"n":"x"}', b"[1]", b"5"]))
)
def test_each_line_is_a_row_or_a_bad_line(lines: list[bytes]) -> None:
    table, bad = Converter(SCHEMA).convert(lines)
    good = [line for line in lines if line.startswith(b'{"n":1') or line.startswith(b'{"n":2')]
    assert table.column("n").to_pylist() == [1 if line == b'{"n":1}' else 2 for line in good]
    assert [b.line for b in bad] == [line for line in lines if line not in good]
    assert table.schema == SCHEMA


def test_unknown_fields_are_ignored_and_absent_ones_null() -> None:
    table, bad = Converter(SCHEMA).convert([b'{"n":1,"other":{"deep":[1]}}'])
    assert table.to_pylist() == [{"n": 1, "text": None, "words": None}]
    assert bad == []


def test_maps_and_structs_are_read_from_objects() -> None:
    schema = pa.schema([("m", arrow_type("map<string,double>")), ("s", arrow_type("struct<a:bigint,b:array<string>>"))])
    table, bad = Converter(schema).convert([b'{"m":{"x":1},"s":{"a":2,"b":["c"]}}', b"3", b"{}"])
    assert table.to_pylist() == [{"m": [("x", 1.0)], "s": {"a": 2, "b": ["c"]}}, {"m": None, "s": None}]
    assert [b.line for b in bad] == [b"3"]


def test_glue_types_nest() -> None:
    assert arrow_type("map<string,array<struct<a:int,b:double>>>") == pa.map_(
        pa.string(), pa.list_(pa.field("element", pa.struct([("a", pa.int32()), ("b", pa.float64())])))
    )
    with pytest.raises(ValueError, match="uniontype"):
        arrow_type("uniontype")


@pytest.mark.parametrize(
    ("template", "expanded"),
    [
        ("e/year=!{timestamp:yyyy}/hour=!{timestamp:HH}/", "e/year=2023/hour=22/"),
        ("e/!{timestamp:yyyy/MM/dd}/", "e/2023/11/14/"),
        ("e/", "e/2023/11/14/22/"),
        ("x/!{firehose:error-output-type}/!{timestamp:dd}/", "x/failed/14/"),
    ],
)
def test_prefixes_expand_by_arrival(template: str, expanded: str) -> None:
    assert expand(template, NOON, "failed") == expanded


def test_an_unknown_prefix_expression_is_refused() -> None:
    with pytest.raises(ValueError, match="partitionKeyFromQuery"):
        expand("!{partitionKeyFromQuery:x}/", NOON)


class Bucket:
    """Objects in memory; the first puts may fail."""

    def __init__(self, failures: int = 0) -> None:
        self.objects: dict[str, bytes] = {}
        self.failures = failures

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        if self.failures:
            self.failures -= 1
            raise OSError("away")
        self.objects[Key] = Body


class Arrivals:
    """An input that gives its arrivals once and counts commits."""

    def __init__(self, *data: bytes) -> None:
        self.lost = 0
        self.commits = 0
        self._waiting = [Arrival(NOON, part) for part in data]

    def read(self) -> list[Arrival]:
        waiting, self._waiting = self._waiting, []
        return waiting

    def commit(self) -> None:
        self.commits += 1


def delivery(source: Any, bucket: Bucket, **options: Any) -> Delivery:
    settings = DeliverySettings("d", "b", "e/!{timestamp:yyyy}/", "x/!{firehose:error-output-type}/!{timestamp:yyyy}/")
    return Delivery(
        settings, source, Converter(SCHEMA), bucket, **{"buffer_bytes": 100, "buffer_seconds": 1000.0, **options}
    )


def test_a_full_buffer_is_delivered_and_committed() -> None:
    bucket, source = Bucket(), Arrivals(b'{"n":1}\n{bad\n\n', b'{"n":2,"text":"%b"}' % (b"x" * 100))
    landing = delivery(source, bucket)
    landing.step()
    assert (landing.totals.rows, landing.totals.rejected, source.commits) == (2, 1, 1)
    (key,) = [key for key in bucket.objects if key.startswith("e/2023/d-1-2023-11-14-22-13-20-")]
    assert pq.read_table(pa.BufferReader(bucket.objects[key])).column("n").to_pylist() == [1, 2]
    assert [key for key in bucket.objects if key.startswith("x/format-conversion-failed/2023/")]


def test_a_small_buffer_waits_for_its_time_or_a_flush() -> None:
    bucket, source = Bucket(), Arrivals(b'{"n":1}\n')
    landing = delivery(source, bucket)
    landing.step()
    assert bucket.objects == {}
    assert landing.caught_up_at == 0
    landing.want_flush()
    landing.step()
    assert len(bucket.objects) == 1
    assert landing.caught_up_at > 0


def test_a_failed_put_is_tried_again_with_the_same_rows() -> None:
    bucket, source = Bucket(failures=1), Arrivals(b'{"n":1}\n' * 20)
    landing = delivery(source, bucket)
    with pytest.raises(OSError, match="away"):
        landing.step()
    assert source.commits == 0
    landing.step()
    assert (landing.totals.rows, source.commits) == (20, 1)


def test_the_spool_is_read_on_from_its_committed_place(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.write_bytes(b"".join(HEADER.pack(1000, 3) + b"abc" for _ in range(2)) + HEADER.pack(2000, 3) + b"d")
    first = SpoolInput(spool, Positions(tmp_path, "p"))
    assert first.read() == [Arrival(1.0, b"abc")] * 2
    first.commit()
    with spool.open("ab") as more:
        more.write(b"ef")
    assert SpoolInput(spool, Positions(tmp_path, "p")).read() == [Arrival(2.0, b"def")]


def test_events_are_converted_alike_by_both_readers() -> None:
    rows = adversarial(4, 200)
    converter = Converter(EVENT)
    fast, bad = converter.convert([encode_row(row) + b"\n" for row in rows])
    slow = converter._from_json(b"".join(encode_row(row) + b"\n" for row in rows))
    assert bad == []
    assert fast.equals(slow)
    assert fast.schema == EVENT
