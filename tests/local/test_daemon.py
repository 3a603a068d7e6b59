"""A stack that was brought up stays up without its parent until it is brought down."""

from pathlib import Path

import pytest

from local import daemon
from local.stack import StackError
from tests.local.processes import alive, descendants
from tests.local.small_app import write_assembly

pytestmark = pytest.mark.integration


def test_a_stack_that_is_up_can_be_found_and_brought_down(tmp_path: Path) -> None:
    assembly = write_assembly(tmp_path / "assembly", tmp_path / "journal")
    state_dir = tmp_path / "state"
    assert daemon.running(state_dir) == {}
    state = daemon.up(state_dir, assembly=str(assembly))
    try:
        assert daemon.running(state_dir)["endpoint"] == state["endpoint"]
        assert "EVENT_STREAM" in state["names"]
        with pytest.raises(StackError, match="up already"):
            daemon.up(state_dir)
        below = descendants(state["pid"])
    finally:
        assert daemon.down(state_dir)
    assert daemon.running(state_dir) == {}
    assert not any(alive(pid) for pid in below)
    assert not daemon.down(state_dir)
