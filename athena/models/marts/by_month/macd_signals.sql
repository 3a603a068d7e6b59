-- Grain: one row per symbol and trading date with a MACD.
with indicators as (
    select * from {{ ref('stg_indicators') }}
    where bar_interval = 'D' and {{ since_change(1) }}
),

followed as (
    select
        symbol,
        date,
        macd,
        macd_signal,
        macd_histogram,
        sign(macd - macd_signal) as side,
        lag(sign(macd - macd_signal)) over (partition by symbol order by date) as previous_side,
        month
    from indicators
    where macd is not null and macd_signal is not null
),

final as (
    select
        symbol,
        date,
        {{ utc_time('date') }} as date_at,
        macd,
        macd_signal,
        macd_histogram,
        case
            when side > 0 and previous_side <= 0 then 'buy'
            when side < 0 and previous_side >= 0 then 'sell'
        end as signal,
        case
            when side > 0 and previous_side <= 0 then macd < 0
            when side < 0 and previous_side >= 0 then macd > 0
        end as is_against_trend,
        month
    from followed
    where {{ since_change() }}
)

select * from final
