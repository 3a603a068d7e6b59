-- Grain: one row per symbol and trading date.
with bars as (
    select * from {{ source('lake', 'bars') }}
),

final as (
    select
        symbol,
        date,
        {{ utc_time('ts') }} as session_close_at,
        open,
        high,
        low,
        close,
        volume,
        vwap,
        trade_count,
        adjusted_open,
        adjusted_high,
        adjusted_low,
        adjusted_close,
        adjusted_volume,
        split_factor,
        dividend_factor,
        flags,
        repaired as is_repaired,
        source,
        month
    from bars
    where "interval" = '1d'
)

select * from final
