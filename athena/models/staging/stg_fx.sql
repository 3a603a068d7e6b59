-- Grain: one row per currency pair and date.
with rates as (
    select * from {{ source('lake', 'raw_fx') }}
),

final as (
    select
        symbol as currency_pair,
        date,
        open,
        high,
        low,
        close,
        source,
        month
    from rates
    where "interval" = '1d'
)

select * from final
