"""An alert's episode as a picture (SVG): depth, best prices, trades and the alert's orders over time, volume below."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from math import ceil, floor, log10, sqrt
from typing import Final
from zoneinfo import ZoneInfo

from surveillance.episode import Episode, Life
from surveillance.events import SECOND

from cli.times import utc

WIDTH, HEIGHT = 1120.0, 660.0
LEFT, RIGHT, TOP = 84.0, 1080.0, 92.0
MAIN_BOTTOM, VOLUME_TOP, VOLUME_BOTTOM = 470.0, 490.0, 572.0
BUY, SELL, UNKNOWN, INK, FAINT = "#1f6fb4", "#cc4c2c", "#777777", "#222222", "#dddddd"
BAND, MOMENT = "#f6e7a8", "#8a6d00"
SHADES: Final = (0.10, 0.18, 0.28, 0.40, 0.55)
MOST_ROWS: Final = 90
MOST_TRADES: Final = 2_500
MOST_LABELS: Final = 8
SHORT_BAR: Final = 40.0
MOST_MARKS: Final = 40
BINS: Final = 75
_TIME_STEPS: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600),
    *(7200, 14400, 21600, 43200, 86400, 172800, 432000, 864000, 1728000, 4320000),
)


def svg(episode: Episode, zone: ZoneInfo | None = None, currency: str | None = None) -> str:
    """Draw an episode; times are UTC with those of the venue below, where its zone is known."""
    return "\n".join(_Picture(episode, zone, currency).lines())


class _Picture:
    def __init__(self, episode: Episode, zone: ZoneInfo | None, currency: str | None) -> None:
        self._of = episode
        moment = datetime.fromtimestamp(episode.alert.start_ts // SECOND, zone) if zone else None
        self._zone = zone if moment and moment.utcoffset() else None
        self._currency = currency
        self._low, self._high = _prices(episode)

    def lines(self) -> Iterator[str]:
        alert = self._of.alert
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" '
            f'height="{HEIGHT:g}" font-family="Helvetica, Arial, DejaVu Sans, sans-serif" font-size="12" fill="{INK}">'
        )
        yield f"<title>{escape(alert.rule)} in {escape(alert.symbol)}</title>"
        yield '<rect width="100%" height="100%" fill="white"/>'
        yield from self._heading()
        yield self._stretch()
        yield from self._grid()
        width, height = RIGHT - LEFT, MAIN_BOTTOM - TOP
        yield (f'<svg x="{LEFT}" y="{TOP}" width="{width}" height="{height}" viewBox="{LEFT} {TOP} {width} {height}">')
        yield from self._depth()
        yield from self._bars()
        yield from self._best()
        yield from self._trades()
        yield from self._orders()
        yield "</svg>"
        yield from self._volume()
        yield from self._marks()
        yield from self._legend()
        yield "</svg>"

    def _x(self, ts: int) -> float:
        place = (min(max(ts, self._of.start), self._of.end) - self._of.start) / (self._of.end - self._of.start)
        return LEFT + place * (RIGHT - LEFT)

    def _y(self, price: float) -> float:
        return MAIN_BOTTOM - (price - self._low) / (self._high - self._low) * (MAIN_BOTTOM - TOP)

    def _heading(self) -> Iterator[str]:
        alert = self._of.alert
        venue = f" on {alert.venue}" if alert.venue else ""
        candidate = ", a candidate only" if alert.candidate else ""
        parties = (
            f" · {', '.join(alert.accounts[:6])}{' ...' if len(alert.accounts) > 6 else ''}" if alert.accounts else ""
        )
        yield _text(
            LEFT,
            26,
            f"{alert.rule} in {alert.symbol}{venue}: {alert.severity} (score {alert.score:.2f}){candidate}",
            size=17,
            bold=True,
        )
        yield _text(
            LEFT,
            46,
            f"{utc(alert.start_ts)} to {utc(alert.end_ts)} UTC, detected {utc(alert.detected_ts)}{parties}",
            fill="#555555",
        )
        yield _text(LEFT, 62, f"alert {alert.alert_id}, revision {alert.revision}", fill="#999999", size=10)

    def _stretch(self) -> str:
        alert = self._of.alert
        start, end, detected = self._x(alert.start_ts), self._x(alert.end_ts), self._x(alert.detected_ts)
        band = _box(start, TOP, max(end - start, 1), VOLUME_BOTTOM - TOP, f'fill="{BAND}" opacity="0.45"')
        return band + _line(detected, TOP, detected, VOLUME_BOTTOM, f'stroke="{MOMENT}" stroke-dasharray="4 3"')

    def _grid(self) -> Iterator[str]:
        faint = f'stroke="{FAINT}" stroke-width="0.6"'
        steps, decimals = _steps(self._low, self._high, 8)
        for price in steps:
            y = self._y(price)
            yield _line(LEFT, y, RIGHT, y, faint)
            yield _text(LEFT - 8, y + 4, f"{price:,.{decimals}f}", anchor="end")
        for ts, label, local in self._times():
            x = self._x(ts)
            yield _line(x, TOP, x, VOLUME_BOTTOM, faint)
            yield _text(x, VOLUME_BOTTOM + 17, label, anchor="middle")
            if local:
                yield _text(x, VOLUME_BOTTOM + 32, local, anchor="middle", fill="#777777", size=11)
        for top, bottom in ((TOP, MAIN_BOTTOM), (VOLUME_TOP, VOLUME_BOTTOM)):
            yield _box(LEFT, top, RIGHT - LEFT, bottom - top, 'fill="none" stroke="#999999"')
        yield _upright(20, (TOP + MAIN_BOTTOM) / 2, f"price ({self._currency})" if self._currency else "price")
        yield _upright(20, (VOLUME_TOP + VOLUME_BOTTOM) / 2, "units traded")
        yield _text(12, VOLUME_BOTTOM + 17, "UTC")
        if self._zone:
            yield _text(
                12, VOLUME_BOTTOM + 32, _zone_name(self._zone, self._of.alert.start_ts), fill="#777777", size=11
            )

    def _times(self) -> Iterator[tuple[int, str, str]]:
        span = (self._of.end - self._of.start) / SECOND
        step = next((each for each in _TIME_STEPS if span / each <= 8), _TIME_STEPS[-1])
        unit = round(step * SECOND)
        first = -(-self._of.start // unit) * unit
        for ts in range(first, self._of.end + 1, unit):
            yield ts, _clock(ts, step, None), _clock(ts, step, self._zone) if self._zone and step < 86400 else ""

    def _depth(self) -> Iterator[str]:
        """Shade the book: a cell a moment and price, darker where more is shown; five shades a side."""
        if not any(self._of.depth):
            return
        height = self._row_height()
        cells: list[dict[int, float]] = []
        for levels in self._of.depth:
            column: dict[int, float] = defaultdict(float)
            for price, quantity in levels.items():
                if self._low <= price <= self._high:
                    column[floor((price - self._low) / height + 0.5)] += quantity
            cells.append(column)
        sizes = sorted(abs(quantity) for column in cells for quantity in column.values())
        if not sizes:
            return
        most = sizes[int(0.97 * (len(sizes) - 1))]
        width = (RIGHT - LEFT) / len(cells)
        tall = (MAIN_BOTTOM - TOP) * height / (self._high - self._low)
        paths: dict[tuple[int, int], list[str]] = defaultdict(list)
        for place, column in enumerate(cells):
            for row, quantity in column.items():
                shade = min(int(sqrt(min(abs(quantity) / most, 1.0)) * len(SHADES)), len(SHADES) - 1)
                x, y = LEFT + place * width, MAIN_BOTTOM - (row + 0.5) * tall
                paths[1 if quantity > 0 else -1, shade].append(f"M{x:.1f} {y:.1f}h{width:.2f}v{tall:.2f}h-{width:.2f}z")
        for (side, shade), parts in sorted(paths.items()):
            yield f'<path d="{"".join(parts)}" fill="{_colour(side)}" opacity="{SHADES[shade]}"/>'

    def _row_height(self) -> float:
        """Give the price step of a row of cells: the book's own where that many rows can be told apart."""
        prices = sorted({price for levels in self._of.depth for price in levels if self._low <= price <= self._high})
        gaps = [after - before for before, after in pairwise(prices) if after - before > 1e-9 * abs(after)]
        return max(min(gaps, default=0.0), (self._high - self._low) / MOST_ROWS)

    def _bars(self) -> Iterator[str]:
        """Draw fed bars where there are no quotes to show: high to low, with open and close."""
        if self._of.touch:
            return
        for bar in self._of.bars:
            x, end = self._x(bar.ts - bar.seconds * SECOND), self._x(bar.ts)
            middle, colour = (x + end) / 2, BUY if bar.close >= bar.open else SELL
            high, low, first, last = (self._y(price) for price in (bar.high, bar.low, bar.open, bar.close))
            path = (
                f"M{middle:.1f} {high:.1f}V{low:.1f}M{x:.1f} {first:.1f}H{middle:.1f}M{middle:.1f} {last:.1f}H{end:.1f}"
            )
            yield f'<path d="{path}" stroke="{colour}" stroke-width="1.6" fill="none"/>'

    def _best(self) -> Iterator[str]:
        for side, colour in ((1, BUY), (2, SELL)):
            parts: list[str] = []
            pen = False
            for point in self._of.touch:
                price = point[side]
                x = self._x(point[0])
                if price is None:
                    parts.append(f"H{x:.1f}" if pen else "")
                    pen = False
                    continue
                y = min(max(self._y(price), TOP - 5), MAIN_BOTTOM + 5)
                parts.append(f"H{x:.1f}V{y:.1f}" if pen else f"M{x:.1f} {y:.1f}")
                pen = True
            if parts:
                yield f'<path d="{"".join(parts)}" fill="none" stroke="{colour}" stroke-width="1.4"/>'

    def _trades(self) -> Iterator[str]:
        named = [trade for trade in self._of.trades if trade.named]
        others = [trade for trade in self._of.trades if not trade.named]
        others = others[:: -(-len(others) // MOST_TRADES)] if others else []
        most = max((trade.size for trade in self._of.trades), default=0) or 1
        for trade in (*others, *named):
            radius = 1.6 + 4.4 * sqrt(trade.size / most)
            edge = f'stroke="{INK}" stroke-width="1.2"' if trade.named else 'stroke="white" stroke-width="0.4"'
            at = f'cx="{self._x(trade.ts):.1f}" cy="{self._y(trade.price):.1f}" r="{radius:.1f}"'
            yield f'<circle {at} fill="{_colour(trade.side)}" opacity="0.85" {edge}/>'

    def _orders(self) -> Iterator[str]:
        """Draw the alert's orders: a bar from entry to end, thicker the larger; a cross where it was cancelled."""
        lives = [life for life in self._of.lives if (life.end or self._of.end) >= self._of.start]
        most = max((life.size for life in lives), default=0) or 1
        for life in sorted(lives, key=lambda one: -one.size):
            x, end = self._x(life.start), self._x(self._of.end if life.end is None else life.end)
            y, thick = self._y(life.price), 3.0 + 7.0 * sqrt(life.size / most)
            look = f'rx="1.5" fill="{_colour(life.side)}" opacity="0.75" stroke="{INK}" stroke-width="0.8"'
            yield _box(x, y - thick / 2, max(end - x, 1.5), thick, look)
            if life.ended == "cancelled":
                yield f'<path d="M{end - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8" stroke="{INK}" stroke-width="1.8"/>'
        yield from self._labels(lives)

    def _labels(self, lives: Sequence[Life]) -> Iterator[str]:
        taken: list[tuple[float, float]] = []
        for life in sorted(lives, key=lambda one: -one.size):
            start, end = self._x(life.start), self._x(self._of.end if life.end is None else life.end)
            brief = end - start < SHORT_BAR and end < RIGHT - 150
            x, y = end + 9 if brief else start - 5, self._y(life.price) + 4
            if len(taken) >= MOST_LABELS or any(abs(y - other) < 13 and abs(x - at) < 130 for at, other in taken):
                continue
            taken.append((x, y))
            words = f"{'buy' if life.side > 0 else 'sell'} {_number(life.size)} @ {_number(life.price)}"
            if brief:
                yield _text(x, y, words, size=11, halo=True)
            elif x > LEFT + 150:
                yield _text(x, y, words, anchor="end", size=11, halo=True)
            else:
                yield _text(start + 4, y - 12, words, size=11, halo=True)

    def _volume(self) -> Iterator[str]:
        bars = [(bar.ts - bar.seconds * SECOND, bar.ts, {0: bar.volume}) for bar in self._of.bars]
        span = self._of.end - self._of.start
        if self._of.trades:
            sums: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
            for trade in self._of.trades:
                sums[min((trade.ts - self._of.start) * BINS // span, BINS - 1)][trade.side] += trade.size
            bars = [
                (self._of.start + span * place // BINS, self._of.start + span * (place + 1) // BINS, dict(by_side))
                for place, by_side in sums.items()
            ]
        most = max((sum(by_side.values()) for _, _, by_side in bars), default=0)
        yield _text(LEFT - 8, VOLUME_BOTTOM, "0", anchor="end")
        if not most:
            return
        yield _text(LEFT - 8, VOLUME_TOP + 10, _number(most), anchor="end")
        for start, end, by_side in bars:
            y = VOLUME_BOTTOM
            for side in (1, 0, -1):
                tall = by_side.get(side, 0.0) / most * (VOLUME_BOTTOM - VOLUME_TOP - 2)
                if tall:
                    y -= tall
                    width = max(self._x(end) - self._x(start) - 1, 1)
                    yield _box(self._x(start), y, width, tall, f'fill="{_colour(side)}" opacity="0.8"')

    def _marks(self) -> Iterator[str]:
        """Name stories and statuses, where there is room beside the one before."""
        free = LEFT
        for ts, words in self._of.marks[:MOST_MARKS]:
            x, said = self._x(ts), words[:48]
            yield _line(x, TOP - 4, x, MAIN_BOTTOM, 'stroke="#666666" stroke-dasharray="2 3"')
            if x >= free and x + 6 * len(said) < RIGHT + 20:
                yield _text(x, TOP - 7, said, size=11, fill="#555555")
                free = x + 6.5 * len(said) + 6

    def _legend(self) -> Iterator[str]:
        """Name only what is drawn."""
        of = self._of
        entries = [("square", BAND, "the alert"), ("line", MOMENT, "detected")]
        if any(of.depth):
            entries += [("square", BUY, "bids: darker is more"), ("square", SELL, "asks")]
        if of.touch:
            entries += [("line", BUY, "best bid"), ("line", SELL, "best ask")]
        if of.trades:
            entries += [("dot", BUY, "aggressor bought"), ("dot", SELL, "aggressor sold")]
            if any(not trade.side for trade in of.trades):
                entries.append(("dot", UNKNOWN, "aggressor not known"))
        if of.bars and not of.touch:
            entries.append(("line", BUY, "bars: open, high to low, close; red where it fell"))
        if of.lives:
            entries.append(("bar", UNKNOWN, "order of the alert, × cancelled"))
        if any(trade.named for trade in of.trades):
            entries.append(("ring", INK, "trade of the alert"))
        x, y = LEFT, HEIGHT - 38
        for shape, colour, words in entries:
            if x + 17 + 6 * len(words) > RIGHT:
                x, y = LEFT, y + 18
            yield {
                "square": f'<rect x="{x:.1f}" y="{y - 5}" width="10" height="10" fill="{colour}" opacity="0.6"/>',
                "line": f'<line x1="{x:.1f}" x2="{x + 11:.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/>',
                "dot": f'<circle cx="{x + 5:.1f}" cy="{y}" r="4.5" fill="{colour}"/>',
                "bar": f'<rect x="{x:.1f}" y="{y - 3}" width="13" height="6" fill="{colour}" stroke="{INK}"/>',
                "ring": f'<circle cx="{x + 5:.1f}" cy="{y}" r="4.5" fill="none" stroke="{colour}" stroke-width="1.4"/>',
            }[shape]
            yield _text(x + 17, y + 4, words, size=11)
            x += 30 + 5.9 * len(words)


def _prices(episode: Episode) -> tuple[float, float]:
    """Give the range of prices to show: all of the alert's own, the market's without what lies far from it."""
    own = [life.price for life in episode.lives] + [trade.price for trade in episode.trades if trade.named]
    market = [trade.price for trade in episode.trades] + [
        price for point in episode.touch for price in point[1:] if price is not None
    ]
    market += [price for bar in episode.bars if not episode.touch for price in (bar.high, bar.low)]
    ordered = sorted(market)
    if len(ordered) > 50:
        cut = len(ordered) // 200
        ordered = ordered[cut : len(ordered) - cut]
    every = own + ordered[:1] + ordered[-1:]
    if not every:
        every = [price for levels in episode.depth for price in levels] or [0.0, 1.0]
    low, high = min(every), max(every)
    pad = max(0.12 * (high - low), 3 * _gap(episode, low, high)) or abs(high) * 1e-4 or 1.0
    return low - pad, high + pad


def _gap(episode: Episode, low: float, high: float) -> float:
    """Give the smallest step between the prices of the book near a range: a picture shows some of them around it."""
    reach = high - low + 1e-3 * abs(high)
    prices = sorted({price for levels in episode.depth for price in levels if low - reach <= price <= high + reach})
    return min((after - before for before, after in pairwise(prices) if after - before > 1e-9 * after), default=0.0)


def _steps(low: float, high: float, count: int) -> tuple[list[float], int]:
    """Give round prices in a range, and the decimals they need."""
    rough = (high - low) / count
    unit = 10.0 ** floor(log10(rough))
    step = next(unit * each for each in (1, 2, 2.5, 5, 10) if unit * each >= rough)
    decimals = next((places for places in range(9) if abs(step * 10**places - round(step * 10**places)) < 1e-6), 9)
    return [place * step for place in range(ceil(low / step), floor(high / step) + 1)], decimals


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{round(value, 6):,.6f}".rstrip("0").rstrip(".")


def _clock(ts: int, step: float, zone: ZoneInfo | None) -> str:
    whole, rest = divmod(ts, SECOND)
    moment = datetime.fromtimestamp(whole, zone or UTC)
    if step >= 86400:
        return f"{moment:%Y-%m-%d}"
    return f"{moment:%H:%M:%S}" + (f".{rest // 1_000_000:03d}" if step < 1 else "")


def _zone_name(zone: ZoneInfo, ts: int) -> str:
    return datetime.fromtimestamp(ts // SECOND, zone).tzname() or ""


def _colour(side: int) -> str:
    return BUY if side > 0 else SELL if side < 0 else UNKNOWN


def _box(x: float, y: float, width: float, height: float, look: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {look}/>'


def _line(x: float, y: float, end_x: float, end_y: float, look: str) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{end_x:.1f}" y2="{end_y:.1f}" {look}/>'


def _text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    size: int = 12,
    fill: str = INK,
    bold: bool = False,
    halo: bool = False,
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    shape = f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{weight}'
    white = f'{shape} stroke="white" stroke-width="3.5" stroke-linejoin="round">{escape(words)}</text>' if halo else ""
    return f'{white}{shape} fill="{fill}">{escape(words)}</text>'


def _upright(x: float, y: float, words: str) -> str:
    return f'<text x="{x}" y="{y:.1f}" text-anchor="middle" transform="rotate(-90 {x} {y:.1f})">{escape(words)}</text>'
