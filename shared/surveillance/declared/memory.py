"""What a lane remembers of a symbol for declared rules; plain values, saved with the lane's state."""

import msgspec


class Held(msgspec.Struct):
    """A condition as it last held: the stretch of time it speaks of, what was observed, what was usual."""

    start_ts: int
    ts: int
    value: float
    baseline: float


class HeardAlert(msgspec.Struct):
    """Another rule's alert as of its last trigger, at `ts`."""

    alert_id: str
    rule: str
    rank: int
    ts: int
    start_ts: int
    party: str
    accounts: list[str]
    order_ids: list[str]
    trade_ids: list[str]
    candidate: bool
    tier: int


class Bar(msgspec.Struct, array_like=True):
    """A closed bar's end and prices."""

    ts: int
    high: float
    low: float
    close: float


class Bars(msgspec.Struct):
    """A symbol's bars of one interval: prices of the running session, volumes of all."""

    session: int = 0
    prices: list[Bar] = []
    volumes: list[float] = []


class Minute(msgspec.Struct):
    """The order flow of the minute that runs (its number since the epoch), and the messages of those before."""

    number: int = 0
    session: int = 0
    messages: int = 0
    cancels: int = 0
    fills: int = 0
    trades: int = 0
    bought: float = 0.0
    sold: float = 0.0
    before: list[int] = []


class Watch(msgspec.Struct):
    """All that declared rules remember of a symbol. `clock` is the latest moment they were told of in its session."""

    session: int = 0
    clock: int = 0
    minute: Minute = msgspec.field(default_factory=Minute)
    bars: dict[int, Bars] = {}
    held: dict[str, dict[int, Held]] = {}
    heard: dict[str, HeardAlert] = {}
