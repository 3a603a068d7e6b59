"""`history build` as tests call it."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from cli.main import app


def build(lake: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    """Run `history build`; give its steps by name."""
    result = CliRunner().invoke(app, ["history", "build", "--lake", str(lake), *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return {step["step"]: step for step in json.loads(result.stdout)["steps"]}
