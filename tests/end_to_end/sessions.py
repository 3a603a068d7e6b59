"""The inputs of the equality tests: what a venue serves, and what the engine is told beside it."""

import io
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec
import pyarrow as pa
from surveillance import alerts, simulation, wire
from surveillance.adapters.detection import Format, shipped_parameters
from surveillance.alerts import Alert
from surveillance.engine import Engine
from surveillance.feeds import FORMATS, FileSource
from surveillance.metric_parameters import TABLE as METRICS
from surveillance.parameters import Parameters, read_layer
from surveillance.reference import Instrument, Reference, accounts_of, instruments_of
from surveillance.rules import RULES
from surveillance.simulation import file_of

from local.exchange import Channel

HERE = Path(__file__).parent
AAPL_DAY = HERE.parents[2] / "shared/data/orders/lobster/LOBSTER_SampleFile_AAPL_2012-06-21_1.zip"
AAPL_PARAMETERS = HERE / "aapl.toml"
CHANNEL = "orders"


@dataclass(frozen=True)
class Recording:
    """A venue's session with parameters and reference data; `alerts` are those of one uninterrupted replay."""

    name: str
    channel: Channel
    parameters: str
    instruments: pa.Table
    accounts: pa.Table | None = None
    format: Format = field(default_factory=Format)

    @property
    def events(self) -> int:
        return self.channel.last_seq

    @property
    def reference_files(self) -> dict[str, bytes]:
        files = {"parameters.toml": self.parameters.encode(), "instruments.csv": file_of(self.instruments, ".csv")}
        files |= {} if self.accounts is None else {"accounts.csv": file_of(self.accounts, ".csv")}
        return files | {"format.json": msgspec.json.encode(self.format)}

    def engine(self, lanes: int = 1) -> Engine:
        shipped = read_layer(shipped_parameters().read_text())
        layers = [{name: table for name, table in shipped.items() if name != METRICS}, read_layer(self.parameters)]
        accounts = () if self.accounts is None else accounts_of(self.accounts)
        instruments = instruments_of(self.instruments)
        reference = Reference(instruments, accounts, self.format.unknown, self.format.shown_levels)
        return Engine(Parameters({rule.ID: rule.PARAMETERS for rule in RULES}, layers), reference, lanes=lanes)

    @cached_property
    def alerts(self) -> dict[str, dict[str, object]]:
        engine, decoder = self.engine(), wire.Decoder()
        state = engine.new_state()
        found: list[Alert] = []
        for frame in self.channel.frames:
            found += engine.feed(state, decoder.decode(frame.data + b"\n")).alerts
        return contents(alerts.last_revisions(found))

    def fresh_channel(self) -> Channel:
        """Give the channel as nobody has read from it yet."""
        return Channel(self.channel.name, self.channel.frames)


def contents(found: list[Alert]) -> dict[str, dict[str, object]]:
    return {alert.alert_id: alerts.content(alert) for alert in found}


def simulated_session(seed: int = 7, minutes: float = 6, symbols: int = 3) -> Recording:
    """Simulate a session with accounts; its parameters are loose, so that its background alerts too."""
    wanted = {"spoofing": 2, "layering": 1, "sequence_gap": 1}
    session = simulation.Session(
        seed=seed, minutes=minutes, symbols=symbols, orders_per_second=20, scenarios=wanted, difficulty=0.2
    )
    simulated = simulation.simulate(session)
    channel = Channel.of_table(CHANNEL, simulated.events)
    parameters = (HERE / "simulated.toml").read_text()
    return Recording("simulated", channel, parameters, simulated.instruments, simulated.accounts)


def aapl_day() -> Recording:
    """Read the recorded day of AAPL's order flow."""
    feed = FORMATS["lobster"]
    reading = feed.read(FileSource(str(AAPL_DAY), io.BytesIO(AAPL_DAY.read_bytes())))
    table = pa.concat_tables([decoded.table for decoded in reading], promote_options="default")
    known = Instrument(
        symbol="AAPL",
        calendar=reading.defaults.calendar,
        asset_class=reading.defaults.asset_class,
        timezone=reading.defaults.timezone,
        tick_size=reading.defaults.tick_size,
    )
    row = {name: [value] for name in known.__struct_fields__ if (value := getattr(known, name)) is not None}
    shown = Format(shown_levels=reading.defaults.shown_levels or 0)
    channel = Channel.of_table(CHANNEL, table)
    return Recording("AAPL 2012-06-21", channel, AAPL_PARAMETERS.read_text(), pa.table(row), format=shown)
