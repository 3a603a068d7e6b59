-- Grain: one row per instrument, with its last month's segment.
with segments as (
    select
        *,
        row_number() over (partition by symbol order by month desc) as months_ago
    from {marts}.instrument_segments
)

select
    instruments.symbol,
    coalesce(instruments.name, instruments.symbol) as name,
    instruments.sector,
    instruments.capitalisation_segment,
    coalesce(segments.liquidity_segment, 'unknown') as liquidity_segment,
    row_number() over (order by segments.mean_money_volume desc nulls last, instruments.symbol) as place_by_size,
    instruments.market_cap,
    segments.mean_money_volume as money_volume
from {marts}.dim_instruments as instruments
inner join segments on instruments.symbol = segments.symbol and segments.months_ago = 1
where instruments.is_current
