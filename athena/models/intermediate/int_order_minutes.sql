-- Grain: one row per symbol, venue and minute with messages about orders.
with orders as (
    select * from {{ ref('stg_orders') }}
),

final as (
    select
        symbol,
        venue,
        {{ utc_time("date_trunc('minute', happened_at)") }} as minute_at,
        count(*) as order_messages,
        count(*) filter (where action = 'new') as new_orders,
        count(*) filter (where action = 'replace') as replaced_orders,
        count(*) filter (where action = 'cancel') as cancelled_orders,
        count(*) filter (where action = 'fill') as fills
    from orders
    group by symbol, venue, date_trunc('minute', happened_at)
)

select * from final
