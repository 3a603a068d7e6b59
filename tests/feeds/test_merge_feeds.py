"""Merging: next is the file whose running maximum `ts` is lowest, ties by argument, however the files are cut."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from surveillance.feeds import FORMATS, merge
from surveillance.wire import Decoded, Rejected, encode, table_of

from tests.feeds.small_files import parquet, source

ONE_FILE = st.lists(st.one_of(st.integers(0, 8), st.none(), st.just("reject")), max_size=12)
AT_LEISURE = settings(deadline=None, derandomize=True, max_examples=80)
CUTS = st.lists(st.integers(1, 4), max_size=12)


def plain_merge(files: Sequence[Sequence[object]]) -> list[tuple[int, int]]:
    """The rule, word by word: (file, place) of each item; a reject follows what stands before it in its file."""
    highest = [-(2**63)] * len(files)
    next_place = [0] * len(files)
    order = []

    def take_rejects(file: int) -> None:
        while next_place[file] < len(files[file]) and files[file][next_place[file]] == "reject":
            order.append((file, next_place[file]))
            next_place[file] += 1

    while True:
        waiting = []
        for file, items in enumerate(files):
            rows = [item for item in items[next_place[file] :] if item != "reject"]
            if rows:
                waiting.append((max(highest[file], -(2**63) if rows[0] is None else rows[0]), file))
        if not waiting:
            break
        key, file = min(waiting)
        take_rejects(file)
        order.append((file, next_place[file]))
        next_place[file] += 1
        highest[file] = key
        take_rejects(file)
    return order


def chunks(file: int, items: Sequence[object], cuts: Sequence[int]) -> Iterator[Decoded]:
    sizes = list(cuts)
    start = 0
    while start < len(items):
        size = sizes.pop(0) if sizes else len(items)
        part = items[start : start + size]
        places = [start + k for k, item in enumerate(part) if item != "reject"]
        rejected = []
        for k, item in enumerate(part):
            if item == "reject":
                before = sum(other != "reject" for other in part[:k])
                rejected.append(Rejected(before, "bad", f"{file}-{start + k}".encode()))
        table = pa.table(
            {
                "symbol": pa.array([f"{file}-{place}" for place in places], pa.string()),
                "ts": pa.array([items[place] for place in places], pa.int64()),
            }
        )
        yield Decoded(table, rejected, {"k": len(places)} if places else {})
        start += size


def flat(merged: Iterator[Decoded]) -> list[tuple[int, int]]:
    found = []
    for chunk in merged:
        names = chunk.table.column("symbol").to_pylist() if chunk.table.num_rows else []
        for place in range(len(names) + 1):
            found += [reject.line.decode() for reject in chunk.rejected if reject.position == place]
            found += names[place : place + 1]
    return [(int(file), int(place)) for file, _, place in (name.partition("-") for name in found)]


@AT_LEISURE
@given(st.lists(st.tuples(ONE_FILE, CUTS), min_size=2, max_size=4))
def test_any_files_cut_anywhere_merge_by_the_rule(files: list[tuple[list[object], list[int]]]) -> None:
    merged = flat(merge([chunks(place, items, cuts) for place, (items, cuts) in enumerate(files)]))
    rows = [at for at in merged if files[at[0]][0][at[1]] != "reject"]
    expected = [at for at in plain_merge([items for items, _ in files]) if files[at[0]][0][at[1]] != "reject"]
    assert rows == expected
    for file, (items, _) in enumerate(files):
        assert [place for which, place in merged if which == file] == list(range(len(items)))


@AT_LEISURE
@given(st.lists(st.tuples(ONE_FILE, CUTS), min_size=2, max_size=3))
def test_unknown_keys_are_counted_once(files: list[tuple[list[object], list[int]]]) -> None:
    merged = list(merge([chunks(place, items, cuts) for place, (items, cuts) in enumerate(files)]))
    rows = sum(item != "reject" for items, _ in files for item in items)
    assert sum(chunk.unknown_keys.get("k", 0) for chunk in merged) == rows


def test_single_file_passes_through_untouched() -> None:
    given_chunks = list(chunks(0, [3, 1, "reject", 2], [2, 2]))
    passed = list(merge([iter(given_chunks)]))
    assert all(one is other for one, other in zip(passed, given_chunks, strict=True))


def test_file_out_of_order_inside_keeps_its_order() -> None:
    merged = flat(merge([chunks(0, [10, 1, 11], []), chunks(1, [5, 10, 12], [])]))
    assert merged == [(1, 0), (0, 0), (0, 1), (1, 1), (0, 2), (1, 2)]


def test_columns_of_different_files_are_joined_in_contract_order() -> None:
    one = Decoded(pa.table({"type": ["trade"], "ts": [1], "price": [5.0]}))
    two = Decoded(pa.table({"type": ["quote"], "ts": [2], "venue": ["X"]}))
    chunk = next(merge([iter([one]), iter([two, Decoded(two.table.slice(0, 0), [Rejected(0, "bad", b"")])])]))
    assert chunk.table.column_names == ["type", "ts", "price"]
    chunk = next(merge([iter([one]), iter([Decoded(pa.table({"type": ["quote"], "ts": [1], "venue": ["X"]}))])]))
    assert chunk.table.num_rows == 1


def test_parquet_beside_ndjson_is_merged() -> None:
    early, late = ({"type": "trade", "symbol": "A", "ts": ts, "price": 1.0, "size": 1.0} for ts in (1, 2))
    readings = [
        FORMATS["events"].read(source("late.parquet", parquet(table_of([late])))),
        FORMATS["events"].read(source("early.ndjson", encode(table_of([early])))),
    ]
    rows = [row for decoded in merge(readings) for row in decoded.table.to_pylist()]
    assert [row["ts"] for row in rows] == [1, 2]
