-- Grain: one row per date, kind of group (market, sector, capitalisation, liquidity) and group.
with averages as (
    select * from {{ ref('moving_averages') }}
    where {{ since_change(30) }}
),

returns as (
    select * from {{ ref('returns_over_days') }}
    where {{ since_change(30) }}
),

segments as (
    select * from {{ ref('instrument_segments') }}
),

joined as (
    select
        returns.date,
        returns.return_1d,
        returns.return_20d,
        averages.is_above_sma_50,
        averages.is_above_sma_200,
        segments.sector,
        segments.capitalisation_segment,
        segments.liquidity_segment,
        returns.month
    from returns
    inner join segments on returns.symbol = segments.symbol and returns.month = segments.month
    left join averages on returns.symbol = averages.symbol and returns.date = averages.date
),

grouped as (
    select
        date,
        case grouping(sector, capitalisation_segment, liquidity_segment)
            when 3 then 'sector'
            when 5 then 'capitalisation'
            when 6 then 'liquidity'
            else 'market'
        end as group_kind,
        coalesce(sector, capitalisation_segment, liquidity_segment, 'all') as group_name,
        count(*) as instruments,
        count(return_1d) as instruments_with_return,
        count(*) filter (where return_1d > 0) as advancers,
        count(*) filter (where return_1d < 0) as decliners,
        count(*) filter (where return_1d = 0) as unchanged,
        avg(return_1d) as mean_return_1d,
        avg(return_20d) as mean_return_20d,
        avg(cast(is_above_sma_50 as double)) as share_above_sma_50,
        avg(cast(is_above_sma_200 as double)) as share_above_sma_200,
        month
    from joined
    group by
        grouping sets ( -- noqa: PRS, LT02
            (date, month),
            (date, month, sector),
            (date, month, capitalisation_segment),
            (date, month, liquidity_segment)
        )
),

lined as (
    select
        *,
        avg(share_above_sma_50) over last_30 as share_above_sma_50_30d,
        sum(mean_return_1d) over last_30 as mean_return_30d,
        sum(advancers - decliners) over last_30 as advance_decline_30d
    from grouped
    window last_30 as (partition by group_kind, group_name order by date rows between 29 preceding and current row)
),

final as (
    select
        date,
        {{ utc_time('date') }} as date_at,
        group_kind,
        group_name,
        instruments,
        instruments_with_return,
        advancers,
        decliners,
        unchanged,
        mean_return_1d,
        mean_return_20d,
        share_above_sma_50,
        share_above_sma_200,
        share_above_sma_50_30d,
        mean_return_30d,
        advance_decline_30d,
        month
    from lined
    where {{ since_change() }}
)

select * from final
