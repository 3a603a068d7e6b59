-- Grain: one row per symbol and execution date.
with splits as (
    select * from {{ source('lake', 'raw_splits') }}
),

final as (
    select
        symbol,
        execution_date,
        split_from,
        split_to,
        {{ ratio('split_to', 'split_from') }} as shares_per_share,
        source
    from splits
)

select * from final
