-- Grain: one row per symbol and trading date.
with indicators as (
    select * from {{ ref('stg_indicators') }}
    where bar_interval = 'D' and {{ since_change(1) }}
),

sides as (
    select
        symbol,
        date,
        sign(sma_50 - sma_200) as side
    from indicators
),

followed as (
    select
        *,
        lag(side) over (partition by symbol order by date) as previous_side
    from sides
),

crosses as (
    select
        symbol,
        date,
        case when side > 0 then 'golden' else 'death' end as average_cross
    from followed
    where (side > 0 and previous_side <= 0) or (side < 0 and previous_side >= 0)
),

shown as (
    select * from indicators
    where {{ since_change() }}
),

final as (
    select
        shown.symbol,
        shown.date,
        {{ utc_time('shown.date') }} as date_at,
        shown.close,
        {{ averages('shown.') }},
        shown.close > shown.sma_50 as is_above_sma_50,
        shown.close > shown.sma_200 as is_above_sma_200,
        crosses.average_cross,
        shown.month
    from shown
    left join crosses on shown.symbol = crosses.symbol and shown.date = crosses.date
)

select * from final
