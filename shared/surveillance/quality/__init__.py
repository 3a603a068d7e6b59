"""Quality of historical bars: checks, repairs, adjustment for splits and dividends. Arrow tables in and out, no I/O."""

from surveillance.quality.inspection import Inspection, inspect
from surveillance.quality.settings import Settings

__all__ = ["Inspection", "Settings", "inspect"]
