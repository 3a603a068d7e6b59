"""News impact: bad news is followed within minutes by heavy trading and a move.

A story of sentiment `max_sentiment` or below; within `window_s` of it a one-minute bar of more than `volume_multiple` ×
the mean of the twenty before the story, and a close that is away from the last one before the story by `sigmas` ×
the standard deviation of their returns × √minutes, and by `min_move` at least. Stories that follow each other within
`cluster_s` are one cluster and raise one alert. Stories may arrive late: they are matched with the bars of the last
hour. A story older than the running cluster's is not looked at.
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_BARS
from surveillance.events import DAY, MINUTE
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration

ID, VERSION, TITLE = "news_impact", 1, "News impact"
KIND, TIER, ANSWERS = "condition", 0, ("news_impact",)
NEEDS = ("news",)
WANTS, KEY, BY_VENUE = ON_BARS, "market", False
ACROSS_SESSIONS = True

PARAMETERS = (
    Parameter("max_sentiment", -0.5, "sentiment", -1, 1, "from here down a story is bad"),
    Parameter("window_s", 600, "s", 1, 3600, "how long after a story its impact counts"),
    Parameter("cluster_s", 300, "s", 0, 86_400, "stories closer than this are one"),
    Parameter("volume_multiple", 2.7, "× mean of 20 bars", 0, 1000, "what volume is abnormal"),
    Parameter("sigmas", 1.5, "× usual move", 0, 100, "how large the move is"),
    Parameter("min_move", 0.001, "share of the price", 0, 1, "smaller moves are none"),
)

BARS_BEFORE, BARS_KEPT = 20, 64
HOUR_NS = 60 * MINUTE
_KEPT_NS = 400 * DAY
ROW = [
    ("bars", "i8"),
    ("ended", "i8", (BARS_KEPT,)),
    ("volume", "f8", (BARS_KEPT,)),
    ("close", "f8", (BARS_KEPT,)),
    ("stories", "i8"),  # of the running cluster; 0 = none
    ("story_ts", "i8"),
    ("latest_ts", "i8"),
    ("sentiment", "f8"),
    ("told", "i8"),
    ("mean_volume", "f8"),
    ("peak_volume", "f8"),
    ("before", "f8"),
    ("after", "f8"),
    ("deviation", "f8"),
    ("limit", "f8"),
    ("complete_ts", "i8"),
]


@kernel
def _push(row, ended, volume, close):
    place = row.bars % BARS_KEPT
    row.ended[place] = ended
    row.volume[place] = volume
    row.close[place] = close
    row.bars += 1


@kernel
def _impact(row, p):
    """Look at the kept bars around the cluster's first story; give a score where its impact is complete."""
    first = max(row.bars - BARS_KEPT, 0)
    split = first
    while split < row.bars and row.ended[split % BARS_KEPT] <= row.story_ts:
        split += 1
    if split - first < BARS_BEFORE:
        return 0.0
    volumes, total, squares = 0.0, 0.0, 0.0
    for k in range(split - BARS_BEFORE, split):
        volumes += row.volume[k % BARS_KEPT]
        if k > split - BARS_BEFORE:
            change = row.close[k % BARS_KEPT] / row.close[(k - 1) % BARS_KEPT] - 1.0
            total += change
            squares += change * change
    count = BARS_BEFORE - 1
    row.mean_volume = volumes / BARS_BEFORE
    row.deviation = np.sqrt(max(squares - total * total / count, 0.0) / (count - 1))
    row.before = row.close[(split - 1) % BARS_KEPT]
    if not (row.mean_volume > 0 and row.before > 0):
        return 0.0
    row.peak_volume = 0.0
    moved_at = 0
    for k in range(split, row.bars):
        ended = row.ended[k % BARS_KEPT]
        if ended > row.story_ts + p.window_ns + MINUTE:
            break
        row.peak_volume = max(row.peak_volume, row.volume[k % BARS_KEPT])
        if moved_at == 0:
            limit = max(p.sigmas * row.deviation * np.sqrt(k - split + 1.0), p.min_move)
            if abs(row.close[k % BARS_KEPT] / row.before - 1.0) >= limit:
                moved_at = ended
                row.after = row.close[k % BARS_KEPT]
                row.limit = limit
        if moved_at and row.peak_volume > p.volume_multiple * row.mean_volume:
            row.complete_ts = ended
            down = 0.1 if row.after < row.before else 0.0
            move = abs(row.after / row.before - 1.0) / row.limit if row.limit > 0 else 1.0
            return 0.6 + down + min(0.05 * (move - 1.0), 0.15)
    return 0.0


@kernel
def step(event, bar, row, p):
    """Take a closed bar or a story."""
    row.expires = bar.ts + _KEPT_NS
    if bar.interval_s == 0:
        if not bar.sentiment <= p.max_sentiment or (row.stories and bar.ts < row.story_ts):
            return 0.0
        if row.stories and bar.ts - row.latest_ts <= p.cluster_ns:
            row.stories += 1
            row.sentiment = min(row.sentiment, bar.sentiment)
        else:
            row.stories = 1
            row.story_ts = bar.ts
            row.sentiment = bar.sentiment
            row.told = 0
        row.latest_ts = max(row.latest_ts, bar.ts)
    elif bar.interval_s == 60 and not np.isnan(bar.volume) and bar.bar_close > 0:
        if row.bars:
            place = (row.bars - 1) % BARS_KEPT
            ended, close = row.ended[place], row.close[place]
            empty = min(bar.empty_before, BARS_KEPT)
            for k in range(empty):
                _push(row, max(ended, bar.ts - (empty - k) * MINUTE), 0.0, close)
        _push(row, bar.ts, bar.volume, bar.bar_close)
    if row.stories == 0 or row.told or bar.ts - row.latest_ts > p.window_ns + p.cluster_ns + HOUR_NS:
        return 0.0
    score = _impact(row, p)
    if score > 0:
        row.told = 1
    return score


def explain(row: np.void, bar: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the story, the volume and the move that followed."""
    published, complete = int(row["story_ts"]), int(row["complete_ts"])
    before, after, stories = float(row["before"]), float(row["after"]), int(row["stories"])
    move = after / before - 1
    usual = float(row["mean_volume"])
    more = f" (the first of {stories})" if stories > 1 else ""
    return Finding(
        start_ts=published,
        end_ts=complete,
        sentences=[
            f"A story about {story.symbol} of sentiment {float(row['sentiment']):.2f} (threshold "
            f"{p['max_sentiment']:g}) was published at {story.at(published)}{more}.",
            f"Within {duration(complete - published)} (threshold {p['window_s']:g} s) a minute of "
            f"{amount(float(row['peak_volume']))} was traded: {float(row['peak_volume']) / usual:.1f} times the mean "
            f"of the 20 before the story (threshold {p['volume_multiple']:g} times).",
            f"The price {'fell' if move < 0 else 'rose'} from {amount(round(before, 8))} to {amount(round(after, 8))}, "
            f"by {abs(move):.2%} (threshold {float(row['limit']):.2%}: {p['sigmas']:g} times the usual in that time).",
        ],
        tier=0,
        first_evidence=f"news@{published}",
        detected_ts=max(complete, int(bar["ts"])),
        metrics={"sentiment": float(row["sentiment"]), "volume": float(row["peak_volume"]), "move": move},
        thresholds={name: p[name] for name in ("max_sentiment", "window_s", "volume_multiple", "sigmas")}
        | {"limit": float(row["limit"])},
        baselines={"mean_volume": usual, "deviation": float(row["deviation"]), "before": before},
    )
