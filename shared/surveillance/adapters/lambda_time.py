"""How long an invocation may still run."""

from collections.abc import Callable
from typing import Any, Final

MARGIN_S: Final = 10.0
"""What is left for the writes that end a batch."""


def seconds_left(context: Any) -> Callable[[], float]:
    """Give a function that says how many seconds of work remain before the margin; negative when there are none."""
    return lambda: context.get_remaining_time_in_millis() / 1000 - MARGIN_S
