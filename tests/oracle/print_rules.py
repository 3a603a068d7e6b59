"""Rules about a market's prints, told over plain objects."""

from dataclasses import dataclass, field
from math import inf, nan, sqrt

from surveillance.events import DAY, SECOND

from tests.oracle.findings import Said, ns, picked
from tests.oracle.prints import Party, Print

Values = dict[str, float]


def tier_of(party: Party | None) -> int:
    return 0 if party is None else 3 if party.known else 2


class FatFinger:
    """The sweep that was told last, and whether as an error."""

    while_closed = True

    def __init__(self) -> None:
        self.told: tuple[int, int] | None = None
        self.as_error = False
        self.away: tuple[int, float, float] | None = None

    def see(self, told: Print, p: Values) -> Said | None:
        if {"auction_open", "auction_close"} & told.conditions:
            return None
        knows = told.ts - told.session >= p["warm_up_s"] * SECOND
        enough = knows and told.is_open and told.sweeps >= p["warm_up_sweeps"] and told.large_sweep > 0
        large = told.sweep.quantity / told.large_sweep if enough else 0.0
        deep = told.sweep.levels >= p["deep_levels"]
        multiple = p["deep_multiple"] if deep else p["size_multiple"]
        walked = told.sweep.levels >= p["min_levels"] and large >= p["size_multiple"]
        reference = told.mid_second_ago
        band = self.band(reference, p)
        if not told.is_open or "extended_hours" in told.conditions:
            band *= p["outside_hours"]
        away = abs(told.price - reference) / (band * abs(reference)) if reference else 0.0
        if away >= 1 and self.follows(told, band * abs(reference or 0.0), p):
            away = 0.0
        error = away >= 1 or walked or (deep and large >= p["deep_multiple"])
        if not (error or large >= p["block_multiple"]):
            return None
        if self.told == (told.ts, told.side) and self.as_error >= error:
            if self.away and self.away[0] == told.ts:
                self.away = told.ts, self.away[1], told.price
            return None
        self.told, self.as_error = (told.ts, told.side), error
        if error and reference is not None:
            self.away = told.ts, reference, told.price
        oversize = large / multiple
        excess = min(max(away, oversize) - 1.0, 1.0)
        metrics = {"price": told.price, "quantity": told.sweep.quantity}
        if away >= 1 and reference:
            metrics["away"] = abs(told.price / reference - 1)
        if (oversize if error else large) >= 1:
            metrics["size_multiple"] = told.sweep.quantity / told.large_sweep
        baselines = {"large_sweep": told.large_sweep}
        if reference is not None:
            baselines["reference"] = reference
        return Said(
            score=0.8 + 0.1 * excess + (0.05 if away >= 1 and oversize >= 1 else 0.0) if error else 0.3,
            ts=told.ts,
            start_ts=told.ts,
            end_ts=told.ts,
            trades=[told.trade] if told.trade is not None else [],
            accounts=[told.taker.account] if told.taker else [],
            tier=tier_of(told.taker),
            metrics=metrics,
            thresholds={"band": band} | picked(p, "size_multiple min_levels deep_multiple deep_levels block_multiple"),
            baselines=baselines,
        )

    def follows(self, told: Print, band: float, p: Values) -> bool:
        if self.away is None:
            return False
        ts, reference, price = self.away
        if told.ts - ts <= SECOND:
            return min(reference, price) - band < told.price < max(reference, price) + band
        return told.ts - ts <= ns(p["returns_s"]) and abs(told.price - reference) < band

    @staticmethod
    def band(reference: float | None, p: Values) -> float:
        if reference is None:
            return p["band_high"]
        if abs(reference) <= p["price_low"]:
            return p["band_low"]
        return p["band_middle"] if abs(reference) <= p["price_high"] else p["band_high"]


class PumpAndDump:
    """Chunks of prints, and the pump that waits for its dump."""

    while_closed = False

    def __init__(self) -> None:
        self.last_ts = 0
        self.forget()

    def forget(self) -> None:
        self.chunk = 0
        self.chunks = 0
        self.lows: list[float] = []
        self.held_back: list[float] = []
        self.rush_mean = self.rush_variance = 0.0
        self.rushes = 0
        self.volume = 0.0
        self.low = inf
        self.keys: list[str | None] = []
        self.rush_keys: list[str | None] = []
        self.rush_chunk = 0
        self.pump: dict[str, float] | None = None

    def see(self, told: Print, p: Values) -> Said | None:
        if told.ts - self.last_ts > DAY:
            self.forget()
        self.last_ts = told.ts
        chunk = told.ts // ns(p["chunk_s"])
        if chunk != self.chunk:
            self.turn(chunk, p)
        self.volume += told.quantity
        self.low = min(self.low, told.price)
        if told.side > 0 and told.sweep.prints == 2:
            self.rushes += 1
            self.rush_keys = [*self.rush_keys, told.trade][:32]
            if self.pump is not None:
                self.keys = [*self.keys, told.trade][:32]
                if self.is_rush(p):
                    self.rush_chunk = chunk
        if self.is_pump(told, p):
            self.begin(told, p)
            return None
        return None if self.pump is None else self.wait(self.pump, told, p)

    def turn(self, chunk: int, p: Values) -> None:
        if self.chunk:
            counts = [float(self.rushes), *[0.0] * 63][: chunk - self.chunk]
            for count in counts:
                self.lows = [*self.lows, self.low][-16:]
                self.chunks += 1
                self.held_back.append(count)
                if len(self.held_back) > 4:
                    weight = 1 / min(self.chunks - 4, p["window_s"] / p["chunk_s"])
                    far = 2 * self.sigma()
                    apart = min(max(self.held_back.pop(0) - self.rush_mean, -far), far)
                    self.rush_mean += weight * apart
                    self.rush_variance = (1 - weight) * (self.rush_variance + weight * apart * apart)
        self.chunk, self.rushes, self.volume, self.low, self.rush_keys = chunk, 0, 0.0, inf, []

    def sigma(self) -> float:
        return sqrt(max(self.rush_variance, self.rush_mean, 0.25))

    def base(self) -> float:
        return min([*self.lows, self.low])

    def is_pump(self, told: Print, p: Values) -> bool:
        return (
            self.is_rush(p)
            and self.chunks - 4 >= p["warm_up_chunks"]
            and told.history_s >= p["min_history_s"]
            and self.volume >= p["volume_multiple"] * told.volume_rate * p["chunk_s"]
            and (self.pump is None or self.base() > self.halfway(self.pump, p))
            and told.price - self.base() >= p["min_rise"] * abs(self.base())
        )

    def is_rush(self, p: Values) -> bool:
        return self.rushes >= p["min_rushes"] and self.rushes >= self.rush_mean + p["min_sigmas"] * self.sigma()

    def halfway(self, pump: dict[str, float], p: Values) -> float:
        return pump["peak"] - p["dump_share"] * (pump["peak"] - pump["base"])

    def begin(self, told: Print, p: Values) -> None:
        self.keys, self.rush_chunk = self.rush_keys, self.chunk
        self.pump = {
            "start_ts": self.chunk * ns(p["chunk_s"]),
            "base": self.base(),
            "peak": told.price,
            "peak_ts": told.ts,
            "bought": 0.0,
            "sold": 0.0,
            "rush_orders": float(self.rushes),
            "sigmas": (self.rushes - self.rush_mean) / self.sigma(),
            "volume_multiple": self.volume / (told.volume_rate * p["chunk_s"]) if told.volume_rate else inf,
        }

    def wait(self, pump: dict[str, float], told: Print, p: Values) -> Said | None:
        if told.price > pump["peak"]:
            if self.chunk - self.rush_chunk > 16:
                self.pump = None
                return None
            pump |= {"peak": told.price, "peak_ts": told.ts, "bought": 0.0, "sold": 0.0}
        elif told.ts - pump["peak_ts"] > ns(p["dump_s"]):
            self.pump = None
            return None
        elif told.side:
            pump["bought" if told.side > 0 else "sold"] += told.quantity
        height = pump["peak"] - pump["base"]
        down = pump["bought"] + pump["sold"]
        if (told.price if told.mid is None else told.mid) > self.halfway(pump, p):
            return None
        if pump["sold"] <= 0 or pump["sold"] < p["min_selling"] * down:
            return None
        self.pump = None
        rise = height / max(abs(pump["base"]), 1e-12)
        sigmas = pump["sigmas"]
        return Said(
            score=0.8
            + 0.08 * min(rise / (4 * p["min_rise"]), 1.0)
            + 0.08 * min(sigmas / (4 * max(p["min_sigmas"], 1)), 1),
            ts=told.ts,
            start_ts=int(pump["start_ts"]),
            end_ts=told.ts,
            trades=[name for name in (*self.keys, told.trade) if name is not None],
            metrics={
                "rush_orders": pump["rush_orders"],
                "sigmas": sigmas,
                "rise": rise,
                "peak": pump["peak"],
                "selling_share": pump["sold"] / down,
                "seconds_to_dump": (told.ts - int(pump["peak_ts"])) / SECOND,
            }
            | ({"volume_multiple": pump["volume_multiple"]} if pump["volume_multiple"] < inf else {}),
            thresholds=picked(p, "min_rushes min_sigmas volume_multiple min_rise dump_share min_selling"),
            baselines={"base": pump["base"], "rush_orders_a_chunk": self.rush_mean},
        )


@dataclass(eq=False)
class Ignition:
    """One owner's sweeps in one direction."""

    party: Party | None
    side: int
    start_ts: int
    start: float
    before: float
    sigma: float
    taken: float
    extreme: float
    reached: float
    extreme_ts: int
    bought_before: float
    sold_before: float
    with_it: float = 0.0
    against_it: float = 0.0
    back: float = 0.0
    last_sweep_ts: int = 0
    sweeps: int = 0
    exited: float = 0.0
    trades: list[str | None] = field(default_factory=list)
    exits: list[str | None] = field(default_factory=list)
    over: bool = False

    @property
    def owner(self) -> str | None:
        return self.party.owner if self.party else None

    @property
    def move(self) -> float:
        return (self.extreme - self.start) * self.side


class MomentumIgnition:
    """Everybody who is followed in a market, in sixteen places."""

    while_closed = False

    def __init__(self) -> None:
        self.followed: list[Ignition | None] = [None] * 16
        self.bought = self.sold = 0.0
        self.until = 0

    def see(self, told: Print, p: Values) -> Said | None:
        sweeps = told.sweep.levels >= p["min_levels"] and told.side != 0
        if told.ts > self.until:
            self.__init__()  # type: ignore[misc]
            if not sweeps:
                return None
            self.until = told.ts
        alike = [each for each in self.living() if each.side == told.side and each.owner == owner(told.taker)]
        for each in alike if sweeps else []:
            each.over = each.sweeps < p["min_sweeps"] and told.ts - each.last_sweep_ts > ns(p["pause_s"])
        if sweeps and all(each.over for each in alike):
            self.followed[self.place()] = self.follow(told)
            self.until = max(self.until, told.ts + ns(p["ignition_s"]) + ns(p["retrace_s"]))
        if told.side > 0:
            self.bought += told.quantity
        elif told.side < 0:
            self.sold += told.quantity
        said = None
        for each in self.living():
            self.move_on(each, told, p)
            if each.over:
                continue
            self.trade(each, told, p)
            if said is None and self.is_complete(each, told, p):
                each.over = True
                said = self.say(each, told, p)
        return said

    def living(self) -> list[Ignition]:
        return [each for each in self.followed if each and not each.over]

    def place(self) -> int:
        """Give a free place, or that of whoever has swept least, the oldest of them."""
        free = [place for place, each in enumerate(self.followed) if each is None or each.over]
        held = [(each.sweeps, each.start_ts, place) for place, each in enumerate(self.followed) if each]
        return free[0] if free else min(held)[2]

    def follow(self, told: Print) -> Ignition:
        mid = nan if told.mid is None else told.mid
        ago = nan if told.mid_minute_ago is None else told.mid_minute_ago
        return Ignition(
            party=told.taker,
            side=told.side,
            start_ts=told.ts,
            start=mid,
            before=(mid - ago) * told.side,
            sigma=told.volatility,
            taken=told.sweep.quantity,
            extreme=mid,
            reached=mid,
            extreme_ts=told.ts,
            bought_before=self.bought,
            sold_before=self.sold,
        )

    def move_on(self, each: Ignition, told: Print, p: Values) -> None:
        if told.ts - each.extreme_ts > ns(p["retrace_s"]):
            each.over = True
            return
        mid = nan if told.mid is None else told.mid
        beyond = (mid - each.extreme) * each.side
        if beyond > 0 and told.ts - each.start_ts <= ns(p["ignition_s"]):
            each.extreme = mid
            if abs(mid - each.reached) > 0.1 * abs(each.reached - each.start):
                each.reached, each.extreme_ts = mid, told.ts
                flow = self.bought - each.bought_before, self.sold - each.sold_before
                each.with_it, against = flow if each.side > 0 else flow[::-1]
                each.against_it = against - each.back
        elif beyond > 0.25 * abs(each.extreme - each.start):
            each.over = True

    @staticmethod
    def trade(each: Ignition, told: Print, p: Values) -> None:
        if owner(told.taker) == each.owner and told.side == each.side:
            if each.start_ts != told.ts or each.sweeps:
                each.taken += told.quantity
            if told.sweep.levels >= p["min_levels"] and each.last_sweep_ts != told.ts:
                each.last_sweep_ts = told.ts
                each.sweeps += 1
                if len(each.trades) < 16:
                    each.trades.append(told.trade)
            return
        takes = owner(told.taker) == each.owner and told.side == -each.side
        gives = owner(told.giver) == each.owner and told.side == each.side
        if each.party and takes:
            each.back += told.quantity
        if each.party and (takes or gives) and (each.extreme - told.price) * each.side <= p["near"] * each.move:
            each.exited += told.quantity
            if len(each.exits) < 16:
                each.exits.append(told.trade)

    @staticmethod
    def sigmas(each: Ignition) -> float:
        seconds = max((each.extreme_ts - each.start_ts) / SECOND, 1.0)
        return each.move / max(each.sigma * sqrt(seconds), 1e-12)

    @staticmethod
    def is_complete(each: Ignition, told: Print, p: Values) -> bool:
        move = each.move
        if not move > 0 or told.mid is None or (each.extreme - told.mid) * each.side < p["retrace"] * move:
            return False
        seconds = max((each.extreme_ts - each.start_ts) / SECOND, 1.0)
        lit = (
            each.sweeps >= p["min_sweeps"]
            and move >= p["min_move_bp"] * 1e-4 * abs(each.start)
            and move >= p["min_sigmas"] * each.sigma * sqrt(seconds)
            and not each.before > p["max_before"] * move
            and each.with_it >= p["one_sided"] * (each.with_it + each.against_it)
        )
        profits = each.taken >= p["min_share"] * each.with_it and each.exited >= p["exit_share"] * each.taken
        return lit and (each.party is None or profits)

    def say(self, each: Ignition, told: Print, p: Values) -> Said:
        strength = min(self.sigmas(each) / (4 * max(p["min_sigmas"], 0.1)), 1.0)
        known = each.party is not None
        score = 0.85 + 0.06 * strength + 0.06 * min(each.exited / each.taken, 1.0) if known else 0.5 + 0.15 * strength
        return Said(
            score=score,
            ts=told.ts,
            start_ts=each.start_ts,
            end_ts=told.ts,
            trades=[name for name in (*each.trades, *each.exits) if name is not None],
            accounts=[each.party.account] if each.party else [],
            candidate=not known,
            tier=tier_of(each.party) or 1,
            metrics={
                "sweeps": float(each.sweeps),
                "move_bp": each.move / abs(each.start) * 1e4,
                "sigmas": self.sigmas(each),
                "one_sided": each.with_it / (each.with_it + each.against_it),
                "taken": each.taken,
                "exited": each.exited,
            },
            thresholds=picked(p, "min_levels min_sweeps one_sided min_sigmas min_move_bp exit_share retrace"),
            baselines={"price_before": each.start, "volatility": each.sigma},
        )


def owner(party: Party | None) -> str | None:
    return party.owner if party else None
