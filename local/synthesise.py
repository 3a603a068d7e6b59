"""Synthesises our CDK app: `python -m local.synthesise FOLDER CONTEXT_JSON [REPOSITORY]`."""

import json
import sys
from pathlib import Path


def main() -> int:
    from infra.app import UNFIT, synthesise

    repository = {"repository": Path(sys.argv[3])} if len(sys.argv) > 3 else {}
    try:
        synthesise(json.loads(sys.argv[2]), Path(sys.argv[1]), **repository)
    except UNFIT as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
