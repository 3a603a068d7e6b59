-- Grain: one row per horizon, direction and place of the last session.
with ranked as (
    select
        *,
        max(date) over () as last_date
    from {marts}.top_and_worst
)

select
    ranked.symbol,
    coalesce(instruments.name, ranked.symbol) as name,
    coalesce(instruments.sector, 'unknown') as sector,
    ranked.direction,
    concat(cast(ranked.horizon_sessions as varchar), case when ranked.horizon_sessions = 1 then ' session' else ' sessions' end)
        as horizon,
    ranked.place,
    ranked.close,
    ranked.return_over_horizon,
    ranked.date_at
from ranked
left join {marts}.dim_instruments as instruments on ranked.symbol = instruments.symbol and instruments.is_current
where ranked.date = ranked.last_date
