-- Grain: one row per symbol, venue and minute, in its last revision; what landed twice is the same row.
with metrics as (
    select * from {{ source('lake', 'raw_metrics') }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by symbol, venue, ts
            order by revision desc, year desc, month desc, day desc, hour desc
        ) as place
    from metrics
),

final as (
    select
        symbol,
        coalesce(venue, '-') as venue,
        {{ utc_of_ns('ts') }} as minute_at,
        revision,
        close as close_price,
        mid,
        volume,
        notional,
        buy_volume,
        sell_volume,
        quoted_spread_bp,
        effective_spread_bp,
        {% for horizon in ['5s', '60s', '300s'] %}
            realised_spread_bp_{{ horizon }},
            price_impact_bp_{{ horizon }},
        {% endfor %}
        order_flow as order_flow_imbalance,
        imbalance as depth_imbalance,
        bid_depth,
        ask_depth,
        message_rate,
        cancel_rate,
        order_to_trade as order_to_trade_ratio,
        realised_volatility,
        velocity_bp
    from numbered
    where place = 1
)

select * from final
