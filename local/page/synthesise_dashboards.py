"""Synthesises the dashboards alone: `python -m local.page.synthesise_dashboards FOLDER`."""

import sys
from pathlib import Path
from typing import Final

NOBODY: Final = "arn:aws:quicksight:us-east-1:000000000000:group/default/analysts"


def main() -> int:
    """Write the templates into a folder."""
    from infra.app import synthesise_dashboards

    synthesise_dashboards(NOBODY, Path(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
