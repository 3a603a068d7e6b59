-- Grain: one row per symbol and trading date; prices adjusted for splits and dividends, raw close beside.
with bars as (
    select * from {{ ref('stg_bars') }}
    where {{ since_change() }}
),

patterns as (
    select * from {{ ref('stg_indicators') }}
    where bar_interval = 'D' and patterns is not null and {{ since_change() }}
),

final as (
    select
        bars.symbol,
        bars.date,
        bars.session_close_at,
        bars.adjusted_open as open,
        bars.adjusted_high as high,
        bars.adjusted_low as low,
        bars.adjusted_close as close,
        bars.adjusted_volume as volume,
        bars.close as raw_close,
        bars.close * bars.volume as money_volume,
        patterns.patterns,
        bars.is_repaired,
        nullif(bars.flags, '') as flags,
        bars.month
    from bars
    left join patterns on bars.symbol = patterns.symbol and bars.date = patterns.date
)

select * from final
