-- Grain: one row per venue, type of event and minute of events that landed today or yesterday (UTC).
with landed as (
    select
        coalesce(venue, '-') as venue,
        type as event_type,
        date_trunc('minute', {utc ts}) as minute_at,
        cast(received_ts - ts as double) / 1000000 as latency_ms,
        case when type = 'status' and state = 'gap' then coalesce(to_seq - from_seq + 1, 1) else 0 end as missing
    from {raw}.raw_events
    where {arrived}
)

select
    venue,
    event_type,
    minute_at,
    count(*) as events,
    cast(count(*) as double) / 60 as events_per_second,
    cast(sum(missing) as bigint) as missing_messages,
    approx_percentile(latency_ms, 0.5) as latency_p50_ms,
    approx_percentile(latency_ms, 0.95) as latency_p95_ms,
    date_diff('minute', minute_at, {market_now}) as age_minutes
from landed
group by venue, event_type, minute_at
