"""What the consumer asks of the rule engine; the types only, so that nothing here compiles a kernel."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from surveillance.adapters.checkpoints import COUNTS
from surveillance.alerts import Alert
from surveillance.wire import Decoded, Rejected

ENGINE_COUNTS = COUNTS[COUNTS.index("events") : COUNTS.index("quarantined")]


class Outcome(Protocol):
    """What one batch led to. `dropped` are rows of the decoded table left out as told before; `metrics` are rows of
    live metrics (`metric_rows.SCHEMA`), None where there are none.
    """

    @property
    def alerts(self) -> Sequence[Alert]: ...
    @property
    def rejected(self) -> Sequence[Rejected]: ...
    @property
    def dropped(self) -> Any: ...
    @property
    def metrics(self) -> pa.Table | None: ...
    @property
    def counts(self) -> Mapping[str, int]: ...


class RuleEngine(Protocol):
    """One engine serves all lanes; a state is all of one lane's memory and `feed` changes it in place."""

    @property
    def digest(self) -> str: ...
    def new_state(self, lane: int = 0) -> Any: ...
    def feed(self, state: Any, decoded: Decoded) -> Outcome: ...
    def save(self, state: Any) -> bytes: ...
    def load(self, blob: bytes) -> Any: ...
