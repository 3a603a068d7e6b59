-- Grain: one row per message or trade that the chosen alert names; the events must have landed today or yesterday.
with chosen as (
    select
        symbol,
        start_ts,
        end_ts,
        order_ids,
        trade_ids,
        row_number() over (order by revision desc) as place
    from {raw}.raw_alerts
    where alert_id = <<$AlertId>> and {arrived}
),

named as (
    select symbol, start_ts, end_ts, order_id as name
    from chosen
    cross join unnest(order_ids) as listed (order_id)
    where place = 1

    union

    select symbol, start_ts, end_ts, trade_id as name
    from chosen
    cross join unnest(trade_ids) as listed (trade_id)
    where place = 1
),

events as (
    select
        *,
        row_number() over (partition by symbol, producer, number order by ts) as place
    from {raw}.raw_events
    where type in ('order', 'trade') and {arrived}
),

evidence as (
    select distinct
        events.*,
        named.start_ts
    from events
    inner join named on events.symbol = named.symbol and (events.order_id = named.name or events.trade_id = named.name)
    where
        events.ts >= named.start_ts
        and events.ts <= named.end_ts
        and (events.place = 1 or events.producer is null or events.number is null)
)

select
    case when type = 'trade' then 'trade' else action end as what,
    coalesce(side, aggressor, '-') as side,
    coalesce(account, '-') as account,
    coalesce(order_id, '-') as order_id,
    coalesce(trade_id, '-') as trade_id,
    price,
    size,
    cast(ts - start_ts as double) / 1000000000 as seconds_after_start,
    {utc ts} as happened_at
from evidence
