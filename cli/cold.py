"""A process that ends at its first alert: `python -m cli.cold EVENTS.ndjson` prints the alert's id."""

import sys
from itertools import islice
from pathlib import Path

BLOCK_LINES = 400


def main() -> None:
    """Feed a file in small batches until an alert comes."""
    from surveillance.engine import Engine, ndjson
    from surveillance.wire import Decoder

    engine, decoder = Engine(), Decoder(ndjson.Reader())
    state = engine.new_state()
    with Path(sys.argv[1]).open("rb") as file:
        while block := b"".join(islice(file, BLOCK_LINES)):
            alerts = engine.feed(state, decoder.decode(block)).alerts
            if alerts:
                print(alerts[0].alert_id, flush=True)
                return
    sys.exit("no alert")


if __name__ == "__main__":
    main()
