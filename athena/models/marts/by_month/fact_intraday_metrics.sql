-- Grain: one row per symbol, venue and minute with trades, quotes, orders or metrics.
{{ config(
    partitioned_by=(['date'] if target.type == 'athena' else none),
    unique_key=(none if target.type == 'athena' else 'date')
) }}

with trades as (
    select * from {{ ref('int_trade_minutes') }}
    where cast(minute_at as date) >= {{ first_changed_day() }}
),

quotes as (
    select * from {{ ref('int_quote_minutes') }}
    where cast(minute_at as date) >= {{ first_changed_day() }}
),

orders as (
    select * from {{ ref('int_order_minutes') }}
    where cast(minute_at as date) >= {{ first_changed_day() }}
),

metrics as (
    select * from {{ ref('stg_metrics') }}
    where cast(minute_at as date) >= {{ first_changed_day() }}
),

windows as (
    select * from {{ ref('int_metric_minutes') }}
    where cast(minute_at as date) >= {{ first_changed_day() }}
),

minutes as (
    select
        symbol,
        venue,
        minute_at
    from trades
    union
    select
        symbol,
        venue,
        minute_at
    from quotes
    union
    select
        symbol,
        venue,
        minute_at
    from orders
    union
    select
        symbol,
        venue,
        minute_at
    from metrics
),

final as (
    select
        minutes.symbol,
        minutes.venue,
        minutes.minute_at,
        coalesce(trades.trades, 0) as trades,
        coalesce(trades.volume, 0) as volume,
        trades.vwap,
        trades.lowest_price,
        trades.highest_price,
        trades.signed_volume,
        coalesce(quotes.quotes, 0) as quotes,
        quotes.mean_quoted_spread_bp,
        coalesce(orders.order_messages, 0) as order_messages,
        coalesce(orders.new_orders, 0) as new_orders,
        coalesce(orders.cancelled_orders, 0) as cancelled_orders,
        coalesce(orders.fills, 0) as fills,
        {{ ratio('orders.order_messages', 'trades.trades') }} as order_to_trade_ratio,
        metrics.revision as metrics_revision,
        metrics.quoted_spread_bp,
        metrics.effective_spread_bp,
        metrics.realised_spread_bp_5s,
        metrics.price_impact_bp_5s,
        metrics.realised_spread_bp_60s as realised_spread_bp,
        metrics.price_impact_bp_60s as price_impact_bp,
        metrics.realised_spread_bp_300s,
        metrics.price_impact_bp_300s,
        metrics.order_flow_imbalance,
        metrics.depth_imbalance,
        windows.vpin,
        windows.kyle_lambda,
        windows.amihud,
        windows.roll_spread,
        metrics.bid_depth,
        metrics.ask_depth,
        windows.liquidity_score,
        metrics.message_rate,
        metrics.cancel_rate,
        metrics.realised_volatility,
        metrics.velocity_bp,
        {{ month_of('minutes.minute_at') }} as month,
        cast(minutes.minute_at as date) as date
    from minutes
    left join trades
        on
            minutes.symbol = trades.symbol
            and minutes.venue = trades.venue
            and minutes.minute_at = trades.minute_at
    left join quotes
        on
            minutes.symbol = quotes.symbol
            and minutes.venue = quotes.venue
            and minutes.minute_at = quotes.minute_at
    left join orders
        on
            minutes.symbol = orders.symbol
            and minutes.venue = orders.venue
            and minutes.minute_at = orders.minute_at
    left join metrics
        on
            minutes.symbol = metrics.symbol
            and minutes.venue = metrics.venue
            and minutes.minute_at = metrics.minute_at
    left join windows
        on
            minutes.symbol = windows.symbol
            and minutes.venue = windows.venue
            and minutes.minute_at = windows.minute_at
)

select * from final
