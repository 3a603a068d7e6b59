-- Grain: one row per symbol, interval (D, W, M) and last trading date of that interval.
with indicators as (
    select * from {{ source('lake', 'indicators') }}
),

final as (
    select
        symbol,
        "interval" as bar_interval,
        date,
        close,
        {{ averages() }},
        macd,
        macd_signal,
        macd_histogram,
        bollinger_upper_20,
        bollinger_middle_20,
        bollinger_lower_20,
        rsi_14,
        atr_14,
        patterns,
        month
    from indicators
)

select * from final
