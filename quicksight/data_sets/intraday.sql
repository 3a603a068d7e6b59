-- Grain: one row per venue and minute of the chosen instrument, of its last session that has any.
with minutes as (
    select
        *,
        max(date) over () as last_date
    from {marts}.fact_intraday_metrics
    where symbol = <<$Symbol>>
)

select
    symbol,
    venue,
    concat(lpad(cast(hour(minute_at) as varchar), 2, '0'), ':', lpad(cast(minute(minute_at) as varchar), 2, '0')) as minute_label,
    cast(date as varchar) as session,
    trades,
    quotes,
    order_messages,
    case when minute_at = max(minute_at) over () then 1 else 0 end as is_latest,
    volume,
    vwap,
    mean_quoted_spread_bp as quoted_spread_bp,
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
    liquidity_score,
    order_to_trade_ratio,
    minute_at
from minutes
where date = last_date
