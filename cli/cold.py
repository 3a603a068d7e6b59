"""A process that ends at its first alert: `python -m cli.cold EVENTS.ndjson` prints the alert's id."""

import sys
from pathlib import Path

BLOCK_LINES = 400


def main() -> None:
    """Feed a file in small batches until an alert comes."""
    from surveillance.engine import Engine
    from surveillance.wire import Decoder

    engine, decoder = Engine(), Decoder()
    state = engine.new_state()
    lines = Path(sys.argv[1]).read_bytes().splitlines(keepends=True)
    for start in range(0, len(lines), BLOCK_LINES):
        alerts = engine.feed(state, decoder.decode(b"".join(lines[start : start + BLOCK_LINES]))).alerts
        if alerts:
            print(alerts[0].alert_id, flush=True)
            return
    sys.exit("no alert")


if __name__ == "__main__":
    main()
