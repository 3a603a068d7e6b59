"""Compile every kernel into NUMBA_CACHE_DIR by feeding one event of each type; runs while the image is built.

With `--kept` it fails where anything had to be compiled.
"""

import sys

from surveillance import wire
from surveillance.engine import Engine, ndjson, warm
from surveillance.metrics import Meter

EVENTS = b"""\
{"type":"status","symbol":"X","ts":1000000000,"state":"open"}
{"type":"quote","symbol":"X","ts":1000000001,"venue":"V","bid_price":9,"bid_size":1,"ask_price":11,"ask_size":1}
{"type":"order","symbol":"X","ts":1000000002,"action":"new","order_id":"1","side":"buy","price":10,"size":5}
{"type":"order","symbol":"X","ts":1000000003,"action":"fill","order_id":"1","price":10,"size":1,"trade_id":"1"}
{"type":"trade","symbol":"X","ts":1000000003,"price":10,"size":1,"trade_id":"1"}
{"type":"order","symbol":"X","ts":1000000004,"action":"cancel","order_id":"1"}
{"type":"bar","symbol":"X","ts":61000000000,"interval":"1m","open":1,"high":1,"low":1,"close":1,"volume":1}
{"type":"news","symbol":"X","ts":62000000000,"news_id":"1","headline":"none"}
"""


def main() -> None:
    """Compile what is missing on all processors, then see that every kernel works."""
    warm.main()
    engine = Engine(meter=Meter())
    state = engine.new_state()
    engine.feed(state, wire.Decoder(ndjson.Reader()).decode(EVENTS))
    engine.load(engine.save(state))
    if "--kept" in sys.argv and "numba" in sys.modules:
        sys.exit("A kernel was compiled anew: it was not kept, or not under the name it is looked for.")


if __name__ == "__main__":
    main()
