-- Grain: one row per symbol, venue and minute with trades; corrected trades are left out.
with trades as (
    select * from {{ ref('stg_trades') }}
    where not is_corrected
),

final as (
    select
        symbol,
        venue,
        {{ utc_time("date_trunc('minute', happened_at)") }} as minute_at,
        count(*) as trades,
        sum(size) as volume,
        {{ ratio('sum(price * size)', 'sum(size)') }} as vwap,
        min(price) as lowest_price,
        max(price) as highest_price,
        sum(case when aggressor = 'buy' then size when aggressor = 'sell' then -size end) as signed_volume
    from trades
    group by symbol, venue, date_trunc('minute', happened_at)
)

select * from final
