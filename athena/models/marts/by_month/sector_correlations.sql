-- Grain: one row per month and ordered pair of sectors; correlation of their mean daily returns.
with health as (
    select * from {{ ref('market_health') }}
    where group_kind = 'sector' and mean_return_1d is not null and {{ since_change() }}
),

final as (
    select
        one.group_name as sector,
        other.group_name as other_sector,
        count(*) as session_count,
        case when count(*) >= 10 then corr(one.mean_return_1d, other.mean_return_1d) end as correlation,
        one.month
    from health as one
    inner join health as other on one.date = other.date
    group by one.group_name, other.group_name, one.month
)

select * from final
