-- Grain: one row per symbol and trading date with Bollinger bands (20 sessions).
{{ config(materialized='view') }}

with indicators as (
    select * from {{ ref('stg_indicators') }}
    where bar_interval = 'D' and bollinger_middle_20 is not null
),

crosses as (
    select * from {{ ref('indicator_crosses') }}
    where band_cross is not null
),

placed as (
    select
        indicators.symbol,
        indicators.date,
        indicators.close,
        indicators.bollinger_upper_20 as upper_band,
        indicators.bollinger_middle_20 as middle_band,
        indicators.bollinger_lower_20 as lower_band,
        crosses.band_cross as signal,
        indicators.month
    from indicators
    left join crosses on indicators.symbol = crosses.symbol and indicators.date = crosses.date
),

final as (
    select
        symbol,
        date,
        {{ utc_time('date') }} as date_at,
        close,
        upper_band,
        middle_band,
        lower_band,
        {{ ratio('upper_band - lower_band', 'middle_band') }} as band_width,
        {{ ratio('close - lower_band', 'upper_band - lower_band') }} as percent_b,
        case
            when close > upper_band then 'above'
            when close < lower_band then 'below'
            else 'inside'
        end as band_position,
        signal,
        month
    from placed
)

select * from final
