-- Grain: one row per alert that landed today or yesterday (UTC), at its last revision.
with landed as (
    select
        *,
        row_number() over (partition by alert_id order by revision desc, year desc, month desc, day desc, hour desc) as place
    from {raw}.raw_alerts
    where {arrived}
),

timed as (
    select
        *,
        {utc detected_ts} as detected_at,
        {utc start_ts} as started_at,
        {utc end_ts} as ended_at
    from landed
    where place = 1
),

aged as (
    select
        *,
        date_diff('minute', detected_at, {market_now}) as age_minutes
    from timed
)

select
    alert_id,
    rule,
    severity,
    case severity when 'critical' then 4 when 'high' then 3 when 'medium' then 2 else 1 end as severity_rank,
    symbol,
    coalesce(venue, '-') as venue,
    status,
    case when status in ('open', 'in_review', 'escalated') then 1 else 0 end as is_open,
    case when status in ('open', 'in_review', 'escalated') and severity in ('critical', 'high') then 1 else 0 end as is_grave,
    case when candidate then 1 else 0 end as is_candidate,
    data_tier,
    order_count,
    trade_count,
    revision,
    score,
    array_join(accounts, ', ') as accounts,
    age_minutes,
    case
        when age_minutes < 15 then '1: under 15 min'
        when age_minutes < 60 then '2: 15 to 60 min'
        when age_minutes < 240 then '3: 1 to 4 h'
        else '4: over 4 h'
    end as age_band,
    concat(lpad(cast(hour(detected_at) as varchar), 2, '0'), ':00') as hour_of_day,
    split_part(explanation, chr(10), 1) as story,
    explanation,
    evidence_uri,
    detected_at,
    started_at,
    ended_at
from aged
