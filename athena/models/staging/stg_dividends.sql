-- Grain: one row per symbol, ex-dividend date and amount.
with dividends as (
    select * from {{ source('lake', 'raw_dividends') }}
),

final as (
    select
        symbol,
        ex_dividend_date,
        cash_amount,
        currency,
        source
    from dividends
)

select * from final
