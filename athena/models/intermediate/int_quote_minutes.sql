-- Grain: one row per symbol, venue and minute with quotes.
with quotes as (
    select * from {{ ref('stg_quotes') }}
),

final as (
    select
        symbol,
        venue,
        {{ utc_time("date_trunc('minute', happened_at)") }} as minute_at,
        count(*) as quotes,
        avg(quoted_spread_bp) as mean_quoted_spread_bp
    from quotes
    group by symbol, venue, date_trunc('minute', happened_at)
)

select * from final
