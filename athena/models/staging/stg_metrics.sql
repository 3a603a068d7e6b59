-- Grain: one row per symbol, venue and minute.
with metrics as (
    select * from {{ source('lake', 'raw_metrics') }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by symbol, venue, ts
            order by year desc, month desc, day desc, hour desc
        ) as place
    from metrics
),

final as (
    select
        symbol,
        coalesce(venue, '-') as venue,
        {{ utc_of_ns('ts') }} as minute_at,
        quoted_spread_bp,
        effective_spread_bp,
        realised_spread_bp,
        price_impact_bp,
        order_flow_imbalance,
        vpin,
        kyle_lambda,
        amihud,
        roll_spread,
        bid_depth,
        ask_depth,
        liquidity_score
    from numbered
    where place = 1
)

select * from final
