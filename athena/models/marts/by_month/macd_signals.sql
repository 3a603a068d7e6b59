-- Grain: one row per symbol and trading date with a MACD.
{{ config(materialized='view') }}

with indicators as (
    select * from {{ ref('stg_indicators') }}
    where bar_interval = 'D' and macd is not null and macd_signal is not null
),

crosses as (
    select * from {{ ref('indicator_crosses') }}
    where macd_cross is not null
),

final as (
    select
        indicators.symbol,
        indicators.date,
        {{ utc_time('indicators.date') }} as date_at,
        indicators.macd,
        indicators.macd_signal,
        indicators.macd_histogram,
        crosses.macd_cross as signal,
        case crosses.macd_cross
            when 'buy' then indicators.macd < 0
            when 'sell' then indicators.macd > 0
        end as is_against_trend,
        indicators.month
    from indicators
    left join crosses on indicators.symbol = crosses.symbol and indicators.date = crosses.date
)

select * from final
