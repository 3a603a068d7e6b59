-- Grain: one row per exchange, session and day as of which it was known so.
with sessions as (
    select * from {{ source('lake', 'raw_market_sessions') }}
),

final as (
    select
        exchange,
        date,
        {{ utc_time('open_at') }} as open_at,
        {{ utc_time('close_at') }} as close_at,
        early_close as is_early_close,
        source,
        as_of
    from sessions
)

select * from final
