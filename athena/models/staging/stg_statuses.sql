-- Grain: one row per status of an instrument, a market or a feed.
with events as (
    select * from {{ ref('stg_events') }}
),

final as (
    select
        symbol,
        venue,
        ts,
        happened_at,
        state,
        case when state = 'gap' then coalesce(to_seq - from_seq + 1, 1) end as missing_messages
    from events
    where event_type = 'status'
)

select * from final
