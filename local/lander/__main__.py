"""The lander as a process: `python -m local.lander SETTINGS.json STATUS.json`.

SIGTERM delivers what is held and ends it; SIGUSR1 delivers what is held now.
"""

import sys
from pathlib import Path

import msgspec

from local.lander.lander import Lander, LanderSettings
from local.lifeline import end_with_parent
from local.reporting import report_until_stopped


def main() -> None:
    end_with_parent()
    settings = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=LanderSettings)
    lander = Lander(settings)
    report_until_stopped(
        Path(sys.argv[2]),
        start=lander.start,
        status=lander.status,
        on_first_signal=lander.flush,
        on_second_signal=lander.flush,
    )
    lander.stop()


if __name__ == "__main__":
    main()
