"""The poller as a process: `python -m local.poller SETTINGS.json STATUS.json`.

SIGTERM ends it after the batches it is at; SIGUSR1 runs every schedule now;
SIGUSR2 replaces all workers between batches.
"""

import sys
from pathlib import Path

import msgspec

from local.lifeline import end_with_parent
from local.poller.poller import Poller, PollerSettings
from local.reporting import report_until_stopped


def main() -> None:
    end_with_parent()
    settings = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=PollerSettings)
    poller = Poller(settings)
    report_until_stopped(
        Path(sys.argv[2]),
        start=poller.start,
        status=poller.status,
        on_first_signal=poller.trigger_schedules,
        on_second_signal=poller.replace_workers,
    )
    poller.stop()


if __name__ == "__main__":
    main()
