"""The rules of closed bars and stories, told over plain objects."""

from collections import defaultdict, deque
from itertools import pairwise
from statistics import mean, median, median_low, stdev

from surveillance.events import DAY, INTERVALS, MINUTE, SECOND

from tests.oracle.findings import Said, ns, picked
from tests.oracle.market import Bar

Values = dict[str, float]
INTERVAL_NAMES = {seconds: name for name, seconds in INTERVALS.items()}
NIGHT = 3 * 3600 * SECOND
SPLITS = (1.5, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50, 100)


def over_night(bar: Bar, ended: int) -> bool:
    """Say whether a bar of less than a day belongs to another session than the one before it."""
    return bar.seconds * SECOND < DAY and bar.ts - ended > NIGHT


def over_split(bar: Bar, close: float) -> bool:
    """Say whether a daily bar opens in the ratio of a split to the close before."""
    if bar.seconds * SECOND < DAY or bar.open is None or close <= 0:
        return False
    return is_split(bar.open / close, {"split_tolerance": 0.03})


class AbnormalVolume:
    """Volumes of the last twenty bars of each interval, and what is usual at a time of day."""

    def __init__(self) -> None:
        self.volumes: dict[int, deque[float]] = defaultdict(lambda: deque(maxlen=20))
        self.usual: dict[int, tuple[int, float]] = {}

    def see(self, bar: Bar, p: Values) -> Said | None:
        if bar.volume is None:
            return None
        before = self.volumes[bar.seconds]
        before.extend([0.0] * min(bar.empty_before, 20))
        held = list(before)
        before.append(bar.volume)
        minutes, usual = 0, 0.0
        if bar.seconds == 60:
            minutes, usual = self.learn((bar.ts - SECOND) // (5 * MINUTE) % 288, bar.volume)
        average = sum(held) / 20
        if len(held) < 20 or average <= 0 or bar.volume <= p["multiple"] * average:
            return None
        middle = median(held)
        mad = median(abs(volume - middle) for volume in held)
        z = 0.6745 * (bar.volume - middle) / mad if mad > 0 else 1e9
        known = minutes >= 5
        score = 0.3
        unusual = not known or bar.volume >= p["minute_multiple"] * usual
        stands_out = bar.volume >= max(p["strong_multiple"] * average, p["above_busy"] * sorted(held)[-3])
        left = bar.closes_ts - bar.ts
        closing = bar.seconds <= 3600 and bar.closes_ts - bar.previous[0] < DAY and 0 <= left < p["closing_s"] * SECOND
        if not closing and unusual and stands_out and z >= p["min_mad_z"] and bar.money >= p["min_money"]:
            score = 0.5
            surprising = bar.seconds == 86_400 or (known and bar.volume >= 2 * p["minute_multiple"] * usual)
            much = bar.volume / (2 * p["multiple"] * average)
            if surprising and much >= 1 and z >= 2 * p["min_mad_z"] and bar.money >= 2 * p["min_money"]:
                score = min(0.7 + 0.05 * (much - 1.0), 0.89)
        return Said(
            score=score,
            ts=bar.ts,
            start_ts=bar.ts - bar.seconds * SECOND,
            end_ts=bar.ts,
            first_evidence=f"{INTERVAL_NAMES[bar.seconds]}@{bar.ts}",
            metrics={
                "volume": bar.volume,
                "multiple": bar.volume / average,
                "mad_z": min(z, 1e9),
                "money": bar.money,
            },
            thresholds=picked(p, "multiple strong_multiple above_busy min_mad_z minute_multiple closing_s min_money"),
            baselines={"mean_volume": average, "median_volume": middle}
            | ({"usual_volume": usual} if known and usual > 0 else {}),
        )

    def learn(self, slot: int, volume: float) -> tuple[int, float]:
        """Give what was known of a time of day, then move its median a step."""
        minutes, usual = known = self.usual.get(slot, (0, volume))
        step = 1.25 if minutes < 20 else 1.0625
        if volume > usual:
            usual = max(usual * step, volume / 16)
        elif volume < usual:
            usual /= step
        self.usual[slot] = min(minutes + 1, 20), usual
        return known


class PriceBreakout:
    """The last twenty bars of each interval, and the direction told last."""

    def __init__(self) -> None:
        self.bars: dict[int, deque[tuple[float, float, float, float]]] = defaultdict(lambda: deque(maxlen=20))
        self.last: dict[int, tuple[int, float]] = {}
        self.side: dict[int, int] = defaultdict(int)

    def see(self, bar: Bar, p: Values) -> Said | None:
        if bar.seconds == 0 or bar.volume is None or bar.close is None or bar.high is None or bar.low is None:
            return None
        held = self.bars[bar.seconds]
        if held and (over_night(bar, self.last[bar.seconds][0]) or over_split(bar, self.last[bar.seconds][1])):
            held.clear()
            self.side[bar.seconds] = 0
        close = self.last[bar.seconds][1] if held else bar.low
        if held:
            held.extend([(close, close, 0.0, 0.0)] * min(bar.empty_before, 20))
        said = self.judge(bar, list(held), p) if len(held) == 20 else None
        held.append((bar.high, bar.low, max(bar.high, close) - min(bar.low, close), bar.volume))
        self.last[bar.seconds] = bar.ts, bar.close
        return said

    def judge(self, bar: Bar, held: list[tuple[float, float, float, float]], p: Values) -> Said | None:
        assert bar.close is not None
        assert bar.volume is not None
        highest, lowest = max(each[0] for each in held), min(each[1] for each in held)
        usual_range, usual_volume = (sum(each[k] for each in held) / 20 for k in (2, 3))
        side, edge = 0, highest
        if bar.close > highest + p["min_range"] * usual_range:
            side = 1
        elif bar.close < lowest - p["min_range"] * usual_range:
            side, edge = -1, lowest
        if side == 0:
            self.side[bar.seconds] = 0
            return None
        if self.side[bar.seconds] == side or usual_volume <= 0 or bar.volume < p["volume_multiple"] * usual_volume:
            return None
        self.side[bar.seconds] = side
        beyond = abs(bar.close - edge) / usual_range if usual_range > 0 else 0.0
        score = 0.3
        heavy = max(p["strong_volume"] * usual_volume, p["above_highest"] * max(each[3] for each in held))
        if beyond >= p["strong_range"] and bar.volume >= heavy:
            score = min(0.55 + 0.05 * (beyond / p["strong_range"] - 1.0), 0.69) if p["strong_range"] else 0.55
        return Said(
            score=score,
            ts=bar.ts,
            start_ts=bar.ts - bar.seconds * SECOND,
            end_ts=bar.ts,
            first_evidence=f"{INTERVAL_NAMES[bar.seconds]}@{bar.ts}",
            metrics={"close": bar.close, "volume_multiple": bar.volume / usual_volume}
            | ({"ranges_beyond": beyond} if usual_range > 0 else {}),
            thresholds=picked(p, "min_range volume_multiple strong_range strong_volume above_highest"),
            baselines={"edge": edge, "mean_range": usual_range, "mean_volume": usual_volume},
        )


class VolatilitySpike:
    """One interval's returns, and the deviations of the windows they made."""

    def __init__(self) -> None:
        self.last: tuple[int, float] | None = None
        self.returns: deque[float] = deque(maxlen=10)
        self.past: deque[float] = deque(maxlen=240)
        self.above = 0
        self.level = 0
        self.since = 0

    def see(self, bar: Bar, p: Values) -> Said | None:
        if bar.seconds == 0 or bar.close is None or bar.close <= 0:
            return None
        said = None
        if self.last is not None and not over_night(bar, self.last[0]) and not over_split(bar, self.last[1]):
            moves = [0.0] * min(bar.empty_before, 10) + [bar.close / self.last[1] - 1.0]
            scores: list[Said] = []
            for move in moves:
                found = self.take(move, bar, p)
                scores += [found] if found else []
            if scores:
                said = scores[-1]
                said.score = max(each.score for each in scores)
                said.start_ts = self.since
                said.first_evidence = f"{INTERVAL_NAMES[bar.seconds]}@{self.since}"
                if bar.seconds < 60:
                    said.score = min(said.score, 0.69)
        self.last = bar.ts, bar.close
        return said

    def take(self, move: float, bar: Bar, p: Values) -> Said | None:
        self.returns.append(move)
        if len(self.returns) < 10:
            return None
        deviation = stdev(self.returns)
        said = None
        if len(self.past) >= p["min_history"]:
            share = sum(each < deviation * (1 - 1e-9) for each in self.past) / len(self.past)
            if share >= p["on_share"]:
                self.above += 1
                if self.above == 1 and self.level == 0:
                    self.since = bar.ts - bar.seconds * SECOND
                if self.above >= 2:
                    said = self.judge(deviation, share, bar, p)
            else:
                self.above = 0
                self.level = self.level if share >= p["off_share"] else 0
        if self.level < 3 or not 0 < self.above <= 30:
            self.past.append(deviation)
        return said

    def judge(self, deviation: float, share: float, bar: Bar, p: Values) -> Said | None:
        middle = median_low(self.past)
        ratio = deviation / (p["multiple"] * middle) if middle > 0 else 0.0
        level = 3 if ratio >= 1 else 2 if ratio >= 0.75 else 1
        if level <= self.level:
            return None
        self.level = level
        name = INTERVAL_NAMES[bar.seconds]
        return Said(
            score=min(0.55 + 0.1 * (ratio - 1.0), 0.85) if level == 3 else 0.3,
            ts=bar.ts,
            start_ts=min(self.since, bar.ts),
            end_ts=bar.ts,
            first_evidence=f"{name}@{self.since}",
            metrics={"deviation": deviation, "share_below": share},
            thresholds=picked(p, "on_share off_share multiple"),
            baselines={"median_deviation": middle},
        )


class PriceGap:
    """The last close of daily and of other bars, and the moves into daily opens."""

    def __init__(self) -> None:
        self.daily: tuple[int, float] | None = None
        self.other: tuple[int, float] | None = None
        self.moves: deque[float] = deque(maxlen=20)
        self.told_ts: int | None = None

    def see(self, bar: Bar, p: Values) -> Said | None:
        if bar.seconds == 0 or bar.open is None or bar.close is None:
            return None
        said = None
        if bar.seconds * SECOND == DAY:
            if self.daily and bar.ts > self.daily[0]:
                if self.told_ts is None or bar.ts - self.told_ts > 20 * 3600 * SECOND:
                    said = self.judge(bar, self.daily[1], p)
                if self.daily[1] > 0 and not is_split(bar.open / self.daily[1], p):
                    self.moves.append(bar.open / self.daily[1] - 1.0)
            self.daily = bar.ts, bar.close
            return said
        start = bar.ts - bar.seconds * SECOND
        if self.other is None or start - self.other[0] >= NIGHT:
            said = self.judge(bar, self.previous(bar, start), p)
        if self.other is None or bar.ts >= self.other[0]:
            self.other = bar.ts, bar.close
        return said

    def previous(self, bar: Bar, start: int) -> float | None:
        if self.other and (self.daily is None or self.other[0] > self.daily[0]):
            return self.other[1]
        if self.daily and start - self.daily[0] >= NIGHT:
            return self.daily[1]
        session, close, stands_in = bar.previous
        return close if session > 0 and start + MINUTE > session and not stands_in else None

    def judge(self, bar: Bar, previous: float | None, p: Values) -> Said | None:
        assert bar.open is not None
        if previous is None or previous <= 0 or bar.open <= 0 or is_split(bar.open / previous, p):
            return None
        usual = mean(move**2 for move in self.moves) ** 0.5 if len(self.moves) >= 10 else 0.0
        limit = max(p["min_gap"], p["sigmas"] * usual)
        gap = bar.open / previous - 1
        if abs(gap) < limit:
            return None
        self.told_ts = bar.ts
        return Said(
            score=min(0.6 + 0.1 * (abs(gap) / limit - 1.0), 0.89),
            ts=bar.ts,
            start_ts=bar.ts if bar.seconds * SECOND == DAY else bar.ts - bar.seconds * SECOND,
            end_ts=bar.ts,
            first_evidence=f"{INTERVAL_NAMES[bar.seconds]}@{bar.ts}",
            metrics={"gap": gap, "open": bar.open},
            thresholds=picked(p, "min_gap sigmas") | {"limit": limit},
            baselines={"previous_close": previous, "usual_move": usual},
        )


def is_split(ratio: float, p: Values) -> bool:
    return any(min(abs(ratio / each - 1), abs(ratio * each - 1)) <= p["split_tolerance"] for each in SPLITS)


class NewsImpact:
    """The last hour of one-minute bars, and the running cluster of stories."""

    def __init__(self) -> None:
        self.bars: deque[tuple[int, float, float]] = deque(maxlen=64)
        self.first: int | None = None
        self.latest = 0
        self.sentiment = 0.0
        self.told = False

    def see(self, bar: Bar, p: Values) -> Said | None:
        if bar.seconds == 0:
            if not self.take_story(bar, p):
                return None
        elif bar.seconds == 60 and bar.volume is not None and bar.close is not None and bar.close > 0:
            if self.bars:
                ended, _, close = self.bars[-1]
                empty = min(bar.empty_before, 64)
                self.bars.extend((max(ended, bar.ts - (empty - k) * MINUTE), 0.0, close) for k in range(empty))
            self.bars.append((bar.ts, bar.volume, bar.close))
        over = bar.ts - self.latest > ns(p["window_s"]) + ns(p["cluster_s"]) + 60 * MINUTE
        if self.first is None or self.told or over:
            return None
        said = self.judge(bar, p)
        self.told = said is not None
        return said

    def take_story(self, bar: Bar, p: Values) -> bool:
        if bar.sentiment is None or bar.sentiment > p["max_sentiment"]:
            return False
        if self.first is not None and bar.ts < self.first:
            return False
        if self.first is not None and bar.ts - self.latest <= ns(p["cluster_s"]):
            self.sentiment = min(self.sentiment, bar.sentiment)
        else:
            self.first, self.sentiment, self.told = bar.ts, bar.sentiment, False
        self.latest = max(self.latest, bar.ts)
        return True

    def judge(self, bar: Bar, p: Values) -> Said | None:
        assert self.first is not None
        bars = list(self.bars)
        split = next((k for k, each in enumerate(bars) if each[0] > self.first), len(bars))
        if split < 20:
            return None
        base = bars[split - 20 : split]
        usual = sum(each[1] for each in base) / 20
        deviation = stdev(now[2] / last[2] - 1.0 for last, now in pairwise(base))
        before = base[-1][2]
        if usual <= 0:
            return None
        moved: tuple[float, float] | None = None
        peak = 0.0
        for number, (ended, volume, close) in enumerate(bars[split:], start=1):
            if ended > self.first + ns(p["window_s"]) + MINUTE:
                return None
            peak = max(peak, volume)
            limit = max(p["sigmas"] * deviation * number**0.5, p["min_move"])
            if moved is None and abs(close / before - 1.0) >= limit:
                moved = close, limit
            if moved and peak > p["volume_multiple"] * usual:
                return self.say(bar, ended, (before, *moved), (usual, peak, deviation), p)
        return None

    def say(
        self,
        bar: Bar,
        ended: int,
        prices: tuple[float, float, float],
        habits: tuple[float, float, float],
        p: Values,
    ) -> Said:
        assert self.first is not None
        before, after, limit = prices
        usual, peak, deviation = habits
        move = after / before - 1
        size = abs(move) / limit if limit > 0 else 1.0
        return Said(
            score=0.6 + (0.1 if after < before else 0.0) + min(0.05 * (size - 1.0), 0.15),
            ts=bar.ts,
            start_ts=self.first,
            end_ts=ended,
            first_evidence=f"news@{self.first}",
            detected_ts=max(ended, bar.ts),
            metrics={"sentiment": self.sentiment, "volume": peak, "move": move},
            thresholds=picked(p, "max_sentiment window_s volume_multiple sigmas") | {"limit": limit},
            baselines={"mean_volume": usual, "deviation": deviation, "before": before},
        )
