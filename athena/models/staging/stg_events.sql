-- Grain: one row per market event; what landed twice with the same producer and number counts once.
with events as (
    select * from {{ source('lake', 'raw_events') }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by symbol, producer, "number"
            order by ts, received_ts, year, month, day, hour
        ) as place
    from events
),

final as (
    select
        "type" as event_type,
        symbol,
        coalesce(venue, '-') as venue,
        ts,
        {{ utc_of_ns('ts') }} as happened_at,
        producer,
        "number" as producer_number,
        action,
        order_id,
        account,
        side,
        price,
        size,
        trade_id,
        aggressor,
        correction,
        bid_price,
        bid_size,
        ask_price,
        ask_size,
        state,
        from_seq,
        to_seq
    from numbered
    where place = 1 or producer is null or "number" is null
)

select * from final
