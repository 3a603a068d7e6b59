-- Grain: one row per session of the last 60 and instrument of the ten largest: by market capitalisation where it is known,
-- else by money volume.
with segments as (
    select
        *,
        row_number() over (partition by symbol order by month desc) as months_ago
    from {marts}.instrument_segments
),

sized as (
    select
        segments.symbol,
        coalesce(instruments.name, segments.symbol) as name,
        case when instruments.market_cap is null then 'money volume' else 'market capitalisation' end as ranked_by,
        row_number() over (
            order by instruments.market_cap desc nulls last, segments.mean_money_volume desc nulls last, segments.symbol
        ) as place
    from segments
    inner join {marts}.dim_instruments as instruments on segments.symbol = instruments.symbol and instruments.is_current
    where segments.months_ago = 1
),

returns as (
    select
        returns_over_days.*,
        sized.name,
        sized.ranked_by,
        sized.place,
        row_number() over (partition by returns_over_days.symbol order by returns_over_days.date desc) as sessions_ago
    from {marts}.returns_over_days
    inner join sized on returns_over_days.symbol = sized.symbol
    where sized.place <= 10
)

select
    symbol,
    name,
    ranked_by,
    place,
    case when sessions_ago = 1 then 1 else 0 end as is_latest,
    close,
    return_1d,
    return_20d,
    return_60d,
    money_volume,
    100 * close / first_value(close) over (partition by symbol order by date) as indexed_close,
    cast(date as timestamp(3)) as date_at
from returns
where sessions_ago <= 60
