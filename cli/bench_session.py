"""The fixed session the benchmark runs on: simulated once, kept as Parquet and as NDJSON."""

from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from surveillance import simulation
from surveillance.engine import Engine
from surveillance.parameters import Parameters
from surveillance.reference import Reference, accounts_of, instruments_of

from cli.simulate import write_events

SESSION: Final = simulation.Session(seed=20260302, minutes=27.0, symbols=10, orders_per_second=25.0)
"""About a million orders, fills, trades, quotes and statuses with every pattern and control in them."""
SMALL: Final = simulation.Session(seed=20260302, minutes=10.0, symbols=2, orders_per_second=25.0)


class Recorded(msgspec.Struct, frozen=True):
    """A session on disk; both files hold the same events with the same fields."""

    folder: Path

    @property
    def parquet(self) -> Path:
        return self.folder / "events.parquet"

    @property
    def ndjson(self) -> Path:
        return self.folder / "events.ndjson"

    def reference(self) -> Reference:
        """Give the session's instruments and accounts."""
        tables = [pq.read_table(self.folder / f"{name}.parquet") for name in ("instruments", "accounts")]
        return Reference(instruments=instruments_of(tables[0]), accounts=accounts_of(tables[1]))

    def engine(self, parameters: Parameters) -> Engine:
        """Make an engine that knows the session's instruments and accounts."""
        return Engine(parameters, self.reference())


def recorded(session: simulation.Session, cache: Path) -> Recorded:
    """Give the session from the cache, or simulate it into there."""
    folder = cache / _name(session)
    held = Recorded(folder)
    if held.ndjson.exists():
        return held
    folder.mkdir(parents=True, exist_ok=True)
    simulated = simulation.simulate(session)
    tables: dict[str, pa.Table] = {"instruments": simulated.instruments, "accounts": simulated.accounts}
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    write_events(simulated.events, held.parquet)
    partial = folder / "partial.ndjson"
    write_events(simulated.events, partial)
    partial.rename(held.ndjson)
    return held


def _name(session: simulation.Session) -> str:
    """Name a session by its parameters and by the code that simulates it."""
    digest = blake2b(msgspec.json.encode(session, order="deterministic"), digest_size=8)
    for file in sorted(Path(simulation.__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
