-- Grain: one row per symbol and minute with events that landed today or yesterday (UTC).
with landed as (
    select
        *,
        {utc ts} as happened_at,
        row_number() over (partition by symbol, producer, number order by ts) as place
    from {raw}.raw_events
    where type in ('trade', 'quote', 'order') and {arrived}
),

events as (
    select
        *,
        date_trunc('minute', happened_at) as minute_at,
        type = 'trade' and correction is null and price is not null as is_print
    from landed
    where place = 1 or producer is null or number is null
),

minutes as (
    select
        symbol,
        minute_at,
        min_by(price, ts) filter (where is_print) as open,
        max(price) filter (where is_print) as high,
        min(price) filter (where is_print) as low,
        max_by(price, ts) filter (where is_print) as close,
        sum(size) filter (where is_print) as volume,
        sum(price * size) filter (where is_print) as notional,
        count(*) filter (where is_print) as trades,
        count(*) filter (where type = 'quote') as quotes,
        count(*) filter (where type = 'order') as order_messages
    from events
    group by symbol, minute_at
),

followed as (
    select
        *,
        avg(close) over (partition by symbol order by minute_at rows between <<$Window>> - 1 preceding and current row) as mean,
        count(close) over (partition by symbol order by minute_at rows between <<$Window>> - 1 preceding and current row) as bars,
        max(minute_at) over () as newest_at
    from minutes
),

moves as (
    select
        symbol as moved_symbol,
        max_by(close, minute_at) / nullif(min_by(open, minute_at), 0) - 1 as return_shown
    from minutes
    where trades > 0
    group by symbol
)

select
    symbol,
    minute_at,
    concat(lpad(cast(hour(minute_at) as varchar), 2, '0'), ':', lpad(cast(minute(minute_at) as varchar), 2, '0')) as minute_label,
    open,
    high,
    low,
    close,
    volume,
    notional,
    least(open, close) as body_low,
    greatest(open, close) as body_high,
    case when close >= open then 'up' else 'down' end as direction,
    case when bars = <<$Window>> then mean end as moving_average,
    return_shown,
    trades,
    quotes,
    order_messages,
    date_diff('minute', minute_at, newest_at) as recency_minutes,
    case when date_diff('minute', minute_at, newest_at) < 120 then 1 else 0 end as in_window
from followed
left join moves on followed.symbol = moves.moved_symbol
