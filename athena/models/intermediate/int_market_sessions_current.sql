-- Grain: one row per exchange and session, as last known.
with sessions as (
    select * from {{ ref('stg_market_sessions') }}
),

compared as (
    select
        *,
        lag(open_at) over (partition by exchange, date order by as_of) as previous_open_at,
        lag(close_at) over (partition by exchange, date order by as_of) as previous_close_at
    from sessions
),

dated as (
    select
        *,
        max(
            case
                when previous_open_at is null or previous_open_at <> open_at or previous_close_at <> close_at then as_of
            end
        ) over (partition by exchange, date order by as_of) as changed_on,
        row_number() over (partition by exchange, date order by as_of desc) as place
    from compared
),

final as (
    select
        concat(exchange, ' ', cast(date as varchar)) as exchange_date,
        exchange,
        date,
        {{ snapshot_time('open_at') }} as open_at,
        {{ snapshot_time('close_at') }} as close_at,
        is_early_close,
        source,
        {{ snapshot_time('changed_on') }} as changed_at
    from dated
    where place = 1
)

select * from final
