-- Grain: one row per alert, at its last revision.
select
    alert_id,
    rule,
    severity,
    symbol,
    venue,
    status,
    order_count,
    trade_count,
    score,
    cast(duration_seconds as double) as duration_seconds,
    detected_at
from {marts}.fact_alerts
