-- Grain: one row per date, check and outcome, by the last run that judged the date.
with report as (
    select * from {{ ref('stg_quality_report') }}
),

runs as (
    select
        *,
        max(run) over (partition by date) as last_run
    from report
),

final as (
    select
        date,
        {{ utc_time('date') }} as date_at,
        check_name,
        outcome,
        sum(row_count) as row_count,
        count(distinct symbol) as symbols,
        max(last_run) as run
    from runs
    where run = last_run
    group by date, check_name, outcome
)

select * from final
