-- Grain: one row per symbol and trading date.
{{ config(materialized='view') }}

with indicators as (
    select * from {{ ref('stg_indicators') }}
    where bar_interval = 'D'
),

crosses as (
    select * from {{ ref('indicator_crosses') }}
    where average_cross is not null
),

final as (
    select
        indicators.symbol,
        indicators.date,
        {{ utc_time('indicators.date') }} as date_at,
        indicators.close,
        {{ averages('indicators.') }},
        indicators.close > indicators.sma_50 as is_above_sma_50,
        indicators.close > indicators.sma_200 as is_above_sma_200,
        crosses.average_cross,
        indicators.month
    from indicators
    left join crosses on indicators.symbol = crosses.symbol and indicators.date = crosses.date
)

select * from final
