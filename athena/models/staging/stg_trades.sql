-- Grain: one row per trade; later corrected or cancelled ones are marked, not left out.
with events as (
    select * from {{ ref('stg_events') }}
),

corrections as (
    select distinct
        symbol,
        venue,
        trade_id,
        cast(happened_at as date) as date
    from events
    where event_type = 'trade' and correction is not null and trade_id is not null
),

final as (
    select
        events.symbol,
        events.venue,
        events.ts,
        events.happened_at,
        events.trade_id,
        events.price,
        events.size,
        events.aggressor,
        corrections.trade_id is not null as is_corrected
    from events
    left join corrections
        on
            events.symbol = corrections.symbol
            and events.venue = corrections.venue
            and events.trade_id = corrections.trade_id
            and cast(events.happened_at as date) = corrections.date
    where events.event_type = 'trade' and coalesce(events.correction, '-') <> 'cancel'
)

select * from final
