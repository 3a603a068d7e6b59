-- Grain: one row per symbol, date and firm.
with grades as (
    select * from {{ source('lake', 'raw_grades') }}
),

numbered as (
    select
        *,
        row_number() over (partition by symbol, date, firm order by source, new_grade) as place
    from grades
),

final as (
    select
        symbol,
        date,
        firm,
        previous_grade,
        new_grade,
        lower(action) as action,
        source
    from numbered
    where place = 1
)

select * from final
