-- Grain: one row per bar that the quality job set aside.
with quarantined as (
    select * from {{ source('lake', 'bars_quarantine') }}
),

final as (
    select
        symbol,
        date,
        open,
        high,
        low,
        close,
        volume,
        source,
        reason
    from quarantined
)

select * from final
