-- Grain: one row per message about an order.
with events as (
    select * from {{ ref('stg_events') }}
),

final as (
    select
        symbol,
        venue,
        ts,
        happened_at,
        action,
        order_id,
        account,
        side,
        price,
        size
    from events
    where event_type = 'order'
)

select * from final
