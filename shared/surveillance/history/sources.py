"""Which source a symbol's bars come from, and whether its prices are as traded."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

PREFERRED: Final = ("polygon", "lean", "simulated", "bars")
"""A symbol has one source, the first of these that knows it, else the first by name: sources differ in their basis."""
SPLIT_ADJUSTED: Final = frozenset({"bars"})
"""Sources whose prices before a split are divided by it already."""


def one_source_a_symbol(bars: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """Keep each symbol's bars of one source, by symbol and date; count the others by source."""
    pairs = bars.select(["symbol", "source"]).group_by(["symbol", "source"], use_threads=False).aggregate([])
    best: dict[str, str] = {}
    for symbol, source in sorted(
        zip(pairs["symbol"].to_pylist(), pairs["source"].to_pylist(), strict=True), key=lambda pair: _rank(pair[1])
    ):
        best.setdefault(symbol, source)
    left_out: dict[str, int] = {}
    if len(best) < pairs.num_rows:
        encoded = bars["symbol"].combine_chunks().dictionary_encode()
        wanted = pa.array([best[symbol] for symbol in encoded.dictionary.to_pylist()]).take(encoded.indices)
        is_wanted = pc.equal(bars["source"], wanted)
        others = bars.filter(pc.invert(is_wanted))["source"].value_counts().to_pylist()
        left_out = {str(each["values"]): int(each["counts"]) for each in others}
        bars = bars.filter(is_wanted)
    return bars.sort_by([("symbol", "ascending"), ("date", "ascending")]), dict(sorted(left_out.items()))


def _rank(source: str) -> tuple[int, str]:
    return (PREFERRED.index(source) if source in PREFERRED else len(PREFERRED), source)
