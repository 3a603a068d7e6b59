-- Grain: one row per symbol and trading date on which an average, the MACD or the close crosses its line.
with indicators as (
    select * from {{ ref('stg_indicators') }}
    where bar_interval = 'D' and {{ since_change(1) }}
),

sides as (
    select
        symbol,
        date,
        sign(sma_50 - sma_200) as average_side,
        sign(macd - macd_signal) as macd_side,
        case
            when close > bollinger_upper_20 then 1
            when close < bollinger_lower_20 then -1
            when bollinger_middle_20 is not null then 0
        end as band_side,
        month
    from indicators
),

followed as (
    select
        *,
        lag(average_side) over in_order as previous_average_side,
        lag(macd_side) over in_order as previous_macd_side,
        lag(band_side) over in_order as previous_band_side
    from sides
    window in_order as (partition by symbol order by date)
),

crosses as (
    select
        symbol,
        date,
        case
            when average_side > 0 and previous_average_side <= 0 then 'golden'
            when average_side < 0 and previous_average_side >= 0 then 'death'
        end as average_cross,
        case
            when macd_side > 0 and previous_macd_side <= 0 then 'buy'
            when macd_side < 0 and previous_macd_side >= 0 then 'sell'
        end as macd_cross,
        case
            when band_side > 0 and previous_band_side <= 0 then 'breakout_up'
            when band_side < 0 and previous_band_side >= 0 then 'breakout_down'
            when band_side = 0 and previous_band_side > 0 then 'return_from_above'
            when band_side = 0 and previous_band_side < 0 then 'return_from_below'
        end as band_cross,
        month
    from followed
    where {{ since_change() }}
),

final as (
    select * from crosses
    where average_cross is not null or macd_cross is not null or band_cross is not null
)

select * from final
