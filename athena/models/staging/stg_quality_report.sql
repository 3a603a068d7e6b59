-- Grain: one row per run, date, symbol, check and outcome.
with report as (
    select * from {{ source('lake', 'quality_report') }}
),

final as (
    select
        run,
        date,
        symbol,
        "check" as check_name,
        "rows" as row_count,
        outcome
    from report
)

select * from final
