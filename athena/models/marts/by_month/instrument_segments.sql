-- Grain: one row per symbol and month; liquidity is the third of the month's mean money volume.
with returns as (
    select * from {{ ref('returns_over_days') }}
    where {{ since_change() }}
),

instruments as (
    select * from {{ ref('dim_instruments') }}
),

monthly as (
    select
        symbol,
        month,
        max(date) as last_session,
        avg(money_volume) as mean_money_volume,
        count(*) as session_count
    from returns
    group by symbol, month
),

ranked as (
    select
        *,
        case
            when mean_money_volume is not null
                then ntile(3) over (
                    partition by month, mean_money_volume is null
                    order by mean_money_volume desc, symbol
                )
        end as liquidity_third
    from monthly
),

final as (
    select
        ranked.symbol,
        ranked.last_session,
        ranked.mean_money_volume,
        ranked.session_count,
        coalesce(instruments.sector, 'unknown') as sector,
        coalesce(instruments.capitalisation_segment, 'unknown') as capitalisation_segment,
        case ranked.liquidity_third
            when 1 then 'high'
            when 2 then 'medium'
            when 3 then 'low'
            else 'unknown'
        end as liquidity_segment,
        ranked.month
    from ranked
    left join instruments
        on
            ranked.symbol = instruments.symbol
            and cast(ranked.last_session as timestamp) >= instruments.valid_from
            and (instruments.valid_to is null or cast(ranked.last_session as timestamp) < instruments.valid_to)
)

select * from final
