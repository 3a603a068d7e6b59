-- Grain: one row per quote.
with events as (
    select * from {{ ref('stg_events') }}
),

final as (
    select
        symbol,
        venue,
        ts,
        happened_at,
        bid_price,
        bid_size,
        ask_price,
        ask_size,
        case
            when bid_price > 0 and ask_price >= bid_price
                then 10000 * {{ ratio('ask_price - bid_price', '(ask_price + bid_price) / 2') }}
        end as quoted_spread_bp
    from events
    where event_type = 'quote'
)

select * from final
