-- Grain: one row per date, kind of group and group, of the last 250 sessions.
with dated as (
    select
        *,
        dense_rank() over (order by date desc) - 1 as sessions_ago
    from {marts}.market_health
)

select
    group_kind,
    case
        when group_kind in ('capitalisation', 'liquidity') then concat(group_name, ' ', group_kind)
        else group_name
    end as group_name,
    instruments,
    advancers,
    decliners,
    unchanged,
    case when sessions_ago = 0 then 1 else 0 end as is_latest,
    sessions_ago,
    mean_return_1d,
    mean_return_20d,
    mean_return_30d,
    share_above_sma_50,
    share_above_sma_200,
    share_above_sma_50_30d,
    cast(advance_decline_30d as double) as advance_decline_30d,
    date_at
from dated
where sessions_ago < 250
