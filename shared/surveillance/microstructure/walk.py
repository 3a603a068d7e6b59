"""The kernels of the one pass: block by block, quotes, the trades that meet them, the horizons that end among them.

Columns are read in order, a block's quotes stay near for its trades. Sums live in local variables until their row or
block ends: in memory each addition would wait for the one before. Places are unsigned where they index: of a signed
one each access would ask whether it counts from the end.
"""

from math import inf, nan

from numpy import uint64

from surveillance.engine.kernel import kernel
from surveillance.microstructure.formulas import direction_of, mid_of, order_flow, shown_ask, shown_bid

CELLS = (
    "trades", "volume", "notional", "open", "high", "low", "close", "buy_volume", "sell_volume", "unsigned", "unquoted",
    "spread_trades", "spread_volume", "effective", "effective_bp",
    "quotes", "locked", "crossed", "one_sided", "quoted_ns", "spread", "spread_bp", "bid_depth", "ask_depth",
    "imbalance", "order_flow", "mid",
)  # fmt: skip
AHEAD = ("matched", "realised", "realised_bp", "impact", "impact_bp")
(
    TRADES, VOLUME, NOTIONAL, OPEN, HIGH, LOW, CLOSE, BUY_VOLUME, SELL_VOLUME, UNSIGNED, UNQUOTED,
    SPREAD_TRADES, SPREAD_VOLUME, EFFECTIVE, EFFECTIVE_BP,
    QUOTES, LOCKED, CROSSED, ONE_SIDED, QUOTED_NS, SPREAD, SPREAD_BP, BID_DEPTH, ASK_DEPTH,
    IMBALANCE, ORDER_FLOW, MID,
) = range(len(CELLS))  # fmt: skip
MATCHED, REALISED, REALISED_BP, IMPACT, IMPACT_BP = range(len(AHEAD))
FAULTS = (
    "the times of quotes go back at quote",
    "a size is below 0 at quote",
    "a price is infinite at quote",
    "the times of trades go back at trade",
    "the size is not above 0 at trade",
    "the price is not finite at trade",
    "the times contradict the order of the feed at trade",
)
(
    QUOTE_BACK, QUOTE_SIZE, QUOTE_PRICE, TRADE_BACK, TRADE_SIZE, TRADE_PRICE, OUT_OF_ORDER
) = range(len(FAULTS))  # fmt: skip
FINE = -1
NEVER = 1 << 62
BLOCK = 1024
"""Quotes a block; their mids are kept until it ends."""
STEP = 8
"""Quotes compared with a time at once: one by one, where to stop would be guessed wrong each time."""
BID, BID_SIZE, ASK, ASK_SIZE, HELD_MID, KNOWN, WIDE, WIDE_BP, LEAN, LAST, DIFFERENT = range(11)
HELD = 11
"""What is carried from block to block: the quote that stands, the last valid mid, the last two prices."""
SINCE, ROW, TRADE, TRADE_TS, TRADE_ROW = range(5)
PLACES = 5


@kernel
def take_quotes(
    start, stop, quotes, quote_ts, bid_price, bid_size, ask_price, ask_size, first, width, until, mids, known_mids,
    held, places, cells,
):  # fmt: skip
    """Add a block of quotes to the sums of their rows; tell its mids, [0] before it, [i] after its i-th quote."""
    rows, row, since = len(cells), places[ROW], places[SINCE]
    row_end = first + row * width
    bid, bid_now, ask, ask_now = held[BID], held[BID_SIZE], held[ASK], held[ASK_SIZE]
    mid, known = held[HELD_MID], held[KNOWN]
    wide, wide_bp, lean = held[WIDE], held[WIDE_BP], held[LEAN]
    quoted = count = locked = crossed = one_sided = 0
    wide_sum = wide_bp_sum = bid_sum = ask_sum = lean_sum = flow = 0.0
    mids[0], known_mids[0] = mid, known
    for j in range(start, stop):
        u = uint64(j)
        ts = quote_ts[u] if j < quotes else until
        if ts < since:
            return QUOTE_BACK, j
        while ts >= row_end and row < rows - 1:
            span = row_end - since
            if mid == mid and span > 0:
                quoted += span
                wide_sum += wide * span
                wide_bp_sum += wide_bp * span
                bid_sum += bid_now * span
                ask_sum += ask_now * span
                lean_sum += lean * span
                since = row_end
            cell = cells[row]
            cell[QUOTES] += count
            cell[LOCKED] += locked
            cell[CROSSED] += crossed
            cell[ONE_SIDED] += one_sided
            cell[QUOTED_NS] += quoted
            cell[SPREAD] += wide_sum
            cell[SPREAD_BP] += wide_bp_sum
            cell[BID_DEPTH] += bid_sum
            cell[ASK_DEPTH] += ask_sum
            cell[IMBALANCE] += lean_sum
            cell[ORDER_FLOW] += flow
            cell[MID] = known
            quoted = count = locked = crossed = one_sided = 0
            wide_sum = wide_bp_sum = bid_sum = ask_sum = lean_sum = flow = 0.0
            row += 1
            row_end += width
        span = ts - since
        if mid == mid and span > 0:
            quoted += span
            wide_sum += wide * span
            wide_bp_sum += wide_bp * span
            bid_sum += bid_now * span
            ask_sum += ask_now * span
            lean_sum += lean * span
        if j == quotes:
            break
        since = ts
        if bid_size[u] < 0.0 or ask_size[u] < 0.0:
            return QUOTE_SIZE, j
        new_bid, new_ask = shown_bid(bid_price[u], bid_size[u]), shown_ask(ask_price[u], ask_size[u])
        if new_bid == inf or new_ask == -inf:
            return QUOTE_PRICE, j
        new_bid_size = 0.0 if new_bid == -inf else bid_size[u]
        new_ask_size = 0.0 if new_ask == inf else ask_size[u]
        count += 1
        if j > 0:
            flow += order_flow(new_bid, new_bid_size, new_ask, new_ask_size, bid, bid_now, ask, ask_now)
        bid, bid_now, ask, ask_now = new_bid, new_bid_size, new_ask, new_ask_size
        mid = mid_of(bid, ask)
        if mid == mid:
            known = mid
            wide = ask - bid
            wide_bp = 1e4 * wide / mid if mid > 0.0 else nan
            lean = (bid_now - ask_now) / (bid_now + ask_now)
            locked += wide == 0.0
        else:
            crossed += bid > ask
            one_sided += bid == -inf or ask == inf
        u = uint64(j - start + 1)
        mids[u], known_mids[u] = mid, known
    cell = cells[row]
    cell[QUOTES] += count
    cell[LOCKED] += locked
    cell[CROSSED] += crossed
    cell[ONE_SIDED] += one_sided
    cell[QUOTED_NS] += quoted
    cell[SPREAD] += wide_sum
    cell[SPREAD_BP] += wide_bp_sum
    cell[BID_DEPTH] += bid_sum
    cell[ASK_DEPTH] += ask_sum
    cell[IMBALANCE] += lean_sum
    cell[ORDER_FLOW] += flow
    cell[MID] = known
    places[ROW], places[SINCE] = row, since
    held[BID], held[BID_SIZE], held[ASK], held[ASK_SIZE] = bid, bid_now, ask, ask_now
    held[HELD_MID], held[KNOWN] = mid, known
    held[WIDE], held[WIDE_BP], held[LEAN] = wide, wide_bp, lean
    return FINE, 0


@kernel
def passed(quote_ts, j, stop, ts):
    """Give the first quote from `j` on that is later than a time, or `stop`."""
    count = STEP
    while count == STEP and j + STEP <= stop:
        count = 0
        for i in range(STEP):
            count += quote_ts[uint64(j + i)] <= ts
        j += count
    while j < stop and quote_ts[uint64(j)] <= ts:
        j += 1
    return j


@kernel
def take_trades(
    start, stop, limit, trade_ts, price, size, given, order, quote_ts, bid_price, ask_price, rule, sequenced, first,
    width, mids, directions, trade_mids, held, places, cells,
):  # fmt: skip
    """Add the trades up to `limit` that meet a block's quotes to the sums of their rows."""
    trades, rows, knows = len(price), len(cells), len(given) > 0
    k, before, row = places[TRADE], places[TRADE_TS], places[TRADE_ROW]
    row_end = first + row * width
    last, different = held[LAST], held[DIFFERENT]
    prints = unsigned = unquoted = spread_trades = 0
    volume = notional = bought = sold = spread_volume = effective_sum = effective_bp_sum = 0.0
    opened = high = low = nan
    j = start
    while True:
        v = uint64(k)
        more = k < trades and order[v] <= limit
        if prints and (not more or (trade_ts[v] >= row_end and row < rows - 1)):
            cell = cells[row]
            if cell[TRADES] == 0.0:
                cell[OPEN], cell[HIGH], cell[LOW] = opened, high, low
            cell[HIGH], cell[LOW], cell[CLOSE] = max(cell[HIGH], high), min(cell[LOW], low), last
            cell[TRADES] += prints
            cell[VOLUME] += volume
            cell[NOTIONAL] += notional
            cell[BUY_VOLUME] += bought
            cell[SELL_VOLUME] += sold
            cell[UNSIGNED] += unsigned
            cell[UNQUOTED] += unquoted
            cell[SPREAD_TRADES] += spread_trades
            cell[SPREAD_VOLUME] += spread_volume
            cell[EFFECTIVE] += effective_sum
            cell[EFFECTIVE_BP] += effective_bp_sum
            prints = unsigned = unquoted = spread_trades = 0
            volume = notional = bought = sold = spread_volume = effective_sum = effective_bp_sum = 0.0
        if not more:
            break
        at, p, w = trade_ts[v], price[v], size[v]
        if at < before:
            return TRADE_BACK, k
        if not w > 0.0:
            return TRADE_SIZE, k
        if not abs(p) < inf:
            return TRADE_PRICE, k
        while at >= row_end and row < rows - 1:
            row += 1
            row_end += width
        j = order[v] if sequenced else passed(quote_ts, j, stop, order[v] - 1)
        if sequenced and ((j > 0 and at < quote_ts[j - 1]) or (j < len(quote_ts) and at > quote_ts[j])):
            return OUT_OF_ORDER, k
        before = at
        mid = mids[uint64(j - start)]
        if p != last:
            different, last = last, p
        direction = int(given[v]) if knows else 0
        if direction == 0:
            bid, ask = (bid_price[j - 1], ask_price[j - 1]) if j > 0 else (nan, nan)
            direction = direction_of(rule, p, bid, ask, mid, different)
        directions[v] = direction
        trade_mids[v] = mid
        if prints == 0:
            opened = high = low = p
        prints += 1
        volume += w
        notional += p * w
        high = max(high, p)
        low = min(low, p)
        bought += w if direction > 0 else 0.0
        sold += w if direction < 0 else 0.0
        unsigned += direction == 0
        unquoted += mid != mid
        if direction != 0 and mid == mid:
            effective = w * (2.0 * direction * (p - mid))
            spread_trades += 1
            spread_volume += w
            effective_sum += effective
            effective_bp_sum += effective * (1e4 / mid if mid > 0.0 else nan)
        k += 1
    places[TRADE], places[TRADE_TS], places[TRADE_ROW] = k, before, row
    held[LAST], held[DIFFERENT] = last, different
    return FINE, 0


@kernel
def take_horizon(
    start, stop, limit, trades, trade_ts, price, size, quote_ts, first, width, horizon, known_mids, directions,
    trade_mids, reached, ahead, h,
):  # fmt: skip
    """Judge trades by the last valid mid at their horizon, where it ends before `limit`."""
    rows, k, row = len(ahead), reached[h, 0], reached[h, 1]
    row_end = first + row * width
    matched = 0
    realised_sum = realised_bp_sum = impact_sum = impact_bp_sum = 0.0
    j = start
    while True:
        v = uint64(k)
        more = k < trades and trade_ts[v] + horizon < limit
        if matched and (not more or (trade_ts[v] >= row_end and row < rows - 1)):
            cell = ahead[row, h]
            cell[MATCHED] += matched
            cell[REALISED] += realised_sum
            cell[REALISED_BP] += realised_bp_sum
            cell[IMPACT] += impact_sum
            cell[IMPACT_BP] += impact_bp_sum
            matched = 0
            realised_sum = realised_bp_sum = impact_sum = impact_bp_sum = 0.0
        if not more:
            break
        at, mid, direction = trade_ts[v], trade_mids[v], directions[v]
        while at >= row_end and row < rows - 1:
            row += 1
            row_end += width
        j = passed(quote_ts, j, stop, at + horizon)
        if direction != 0 and mid == mid:
            then = known_mids[uint64(j - start)]
            signed = 2.0 * direction * size[v]
            scale = 1e4 / mid if mid > 0.0 else nan
            realised = signed * (price[v] - then)
            impact = signed * (then - mid)
            matched += 1
            realised_sum += realised
            realised_bp_sum += realised * scale
            impact_sum += impact
            impact_bp_sum += impact * scale
        k += 1
    reached[h, 0], reached[h, 1] = k, row


def walk(
    trade_ts, price, size, given, order, quote_ts, bid_price, bid_size, ask_price, ask_size,
    horizons, rule, sequenced, first, width, until, directions, trade_mids, reached, mids, known_mids, held, places,
    cells, ahead,
):  # fmt: skip
    """Fill the sums; give FINE or a fault, and where it is.

    Rows begin at `first`, `width` apart; row 0 of `cells` takes what comes before. A trade meets the quotes before
    order[k], a time or, where `sequenced`, a number of quotes. The pass's own memory, of any content: `directions` and
    `trade_mids` (trades), `reached` (horizons × 2), `mids` and `known_mids` (BLOCK + 1), `held`, `places`.
    """
    quotes = len(bid_price)
    reached[:] = 0
    places[:] = 0
    places[SINCE] = places[TRADE_TS] = -NEVER
    held[:] = nan
    held[BID], held[BID_SIZE], held[ASK], held[ASK_SIZE] = -inf, 0.0, inf, 0.0
    for start in range(0, quotes + 1, BLOCK):
        stop = min(start + BLOCK, quotes)
        fault, place = take_quotes(
            start, min(start + BLOCK, quotes + 1), quotes, quote_ts, bid_price, bid_size, ask_price, ask_size, first,
            width, until, mids, known_mids, held, places, cells,
        )  # fmt: skip
        if fault != FINE:
            return fault, place
        next_ts = quote_ts[stop] if stop < quotes else until + 1
        limit = stop if sequenced else next_ts
        fault, place = take_trades(
            start, stop, limit, trade_ts, price, size, given, order, quote_ts, bid_price, ask_price, rule, sequenced,
            first, width, mids, directions, trade_mids, held, places, cells,
        )  # fmt: skip
        if fault != FINE:
            return fault, place
        for h in range(len(horizons)):
            take_horizon(
                start, stop, next_ts, places[TRADE], trade_ts, price, size, quote_ts, first, width, horizons[h],
                known_mids, directions, trade_mids, reached, ahead, h,
            )  # fmt: skip
    return FINE, 0
