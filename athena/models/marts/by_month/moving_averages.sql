-- Grain: one row per symbol and trading date.
with bars as (
    select * from {{ ref('stg_bars') }}
    where {{ since_change(1) }}
),

indicators as (
    select * from {{ ref('stg_indicators') }}
    where bar_interval = 'D' and {{ since_change(1) }}
),

joined as (
    select
        bars.symbol,
        bars.date,
        bars.session_close_at,
        bars.adjusted_close as close,
        {{ averages('indicators.') }},
        sign(indicators.sma_50 - indicators.sma_200) as side,
        bars.month
    from bars
    inner join indicators on bars.symbol = indicators.symbol and bars.date = indicators.date
),

followed as (
    select
        *,
        lag(side) over (partition by symbol order by date) as previous_side
    from joined
),

final as (
    select
        symbol,
        date,
        session_close_at,
        close,
        {{ averages() }},
        close > sma_50 as is_above_sma_50,
        close > sma_200 as is_above_sma_200,
        case
            when side > 0 and previous_side <= 0 then 'golden'
            when side < 0 and previous_side >= 0 then 'death'
        end as average_cross,
        month
    from followed
    where {{ since_change() }}
)

select * from final
