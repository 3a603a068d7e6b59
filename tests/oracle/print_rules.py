"""Rules about a market's prints, told over plain objects."""

from math import inf, sqrt

from surveillance.events import DAY, SECOND

from tests.oracle.findings import Said, ns, picked
from tests.oracle.prints import Party, Print

Values = dict[str, float]


def tier_of(party: Party | None) -> int:
    return 0 if party is None else 3 if party.known else 2


class FatFinger:
    """The sweeps that were told."""

    while_closed = True

    def __init__(self) -> None:
        self.told: tuple[int, int] | None = None

    def see(self, told: Print, p: Values) -> Said | None:
        if {"auction_open", "auction_close"} & told.conditions:
            return None
        enough = told.is_open and told.sweeps >= p["warm_up_sweeps"] and told.large_sweep > 0
        large = told.sweep.quantity / (p["size_multiple"] * told.large_sweep) if enough else 0.0
        reference = told.mid_second_ago
        band = self.band(reference, p)
        if not told.is_open or "extended_hours" in told.conditions:
            band *= p["outside_hours"]
        away = abs(told.price - reference) / (band * abs(reference)) if reference else 0.0
        if max(away, large) < 1 or self.told == (told.ts, told.side):
            return None
        self.told = told.ts, told.side
        excess = min(max(away, large) - 1.0, 1.0)
        metrics = {"price": told.price, "quantity": told.sweep.quantity}
        if away >= 1 and reference:
            metrics["away"] = abs(told.price / reference - 1)
        if large >= 1:
            metrics["size_multiple"] = told.sweep.quantity / told.large_sweep
        baselines = {"large_sweep": told.large_sweep}
        if reference is not None:
            baselines["reference"] = reference
        return Said(
            score=0.8 + 0.1 * excess + (0.05 if away >= 1 and large >= 1 else 0.0),
            ts=told.ts,
            start_ts=told.ts,
            end_ts=told.ts,
            trades=[told.trade] if told.trade is not None else [],
            accounts=[told.taker.account] if told.taker else [],
            tier=tier_of(told.taker),
            metrics=metrics,
            thresholds={"band": band, "size_multiple": p["size_multiple"]},
            baselines=baselines,
        )

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
        self.rush_mean = self.rush_variance = 0.0
        self.rushes = 0
        self.volume = 0.0
        self.low = inf
        self.keys: list[str | None] = []
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
            if len(self.keys) < 32:
                self.keys.append(told.trade)
        if self.pump is None:
            if self.is_pump(told, p):
                self.begin(told, p)
            return None
        return self.wait(self.pump, told, p)

    def turn(self, chunk: int, p: Values) -> None:
        if self.pump is None and self.chunk:
            count = float(self.rushes)
            for _ in range(min(chunk - self.chunk, 64)):
                self.lows = [*self.lows, self.low][-16:]
                self.chunks += 1
                weight = 1 / min(self.chunks, p["window_s"] / p["chunk_s"])
                apart = count - self.rush_mean
                self.rush_mean += weight * apart
                self.rush_variance = (1 - weight) * (self.rush_variance + weight * apart * apart)
                count = 0.0
        self.chunk, self.rushes, self.volume, self.low = chunk, 0, 0.0, inf
        if self.pump is None:
            self.keys = []

    def sigma(self) -> float:
        return sqrt(max(self.rush_variance, self.rush_mean, 0.25))

    def base(self) -> float:
        return min([*self.lows, self.low])

    def is_pump(self, told: Print, p: Values) -> bool:
        return (
            self.rushes >= p["min_rushes"]
            and self.chunks >= p["warm_up_chunks"]
            and told.history_s >= p["min_history_s"]
            and self.volume >= p["volume_multiple"] * told.volume_rate * p["chunk_s"]
            and self.rushes >= self.rush_mean + p["min_sigmas"] * self.sigma()
            and told.price - self.base() >= p["min_rise"] * abs(self.base())
        )

    def begin(self, told: Print, p: Values) -> None:
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
            pump |= {"peak": told.price, "peak_ts": told.ts, "bought": 0.0, "sold": 0.0}
        elif told.ts - pump["peak_ts"] > ns(p["dump_s"]):
            self.pump = None
            return None
        elif told.side:
            pump["bought" if told.side > 0 else "sold"] += told.quantity
        height = pump["peak"] - pump["base"]
        down = pump["bought"] + pump["sold"]
        if told.price > pump["peak"] - p["dump_share"] * height:
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
