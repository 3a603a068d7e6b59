-- Grain: one row per symbol, date and firm.
with grades as (
    select * from {{ ref('stg_grades') }}
),

sessions as (
    select * from {{ ref('int_session_numbers') }}
),

placed as (
    select
        grades.symbol,
        grades.date,
        grades.firm,
        min(sessions.session_number) as grade_session
    from grades
    inner join sessions
        on
            grades.symbol = sessions.symbol
            and grades.date <= sessions.date
            and sessions.date <= {{ day_plus('grades.date', 10) }}
    group by grades.symbol, grades.date, grades.firm
),

moves as (
    select
        placed.symbol,
        placed.date,
        placed.firm,
        max(case when sessions.session_number = placed.grade_session - 1 then sessions.close end) as close_before,
        max(case when sessions.session_number = placed.grade_session then sessions.close end) as close_1d,
        max(case when sessions.session_number = placed.grade_session + 4 then sessions.close end) as close_5d,
        max(case when sessions.session_number = placed.grade_session + 19 then sessions.close end) as close_20d
    from placed
    inner join sessions
        on
            placed.symbol = sessions.symbol
            and sessions.session_number between placed.grade_session - 1 and placed.grade_session + 19
    group by placed.symbol, placed.date, placed.firm
),

final as (
    select
        grades.symbol,
        grades.date,
        {{ utc_time('grades.date') }} as date_at,
        grades.firm,
        grades.previous_grade,
        grades.new_grade,
        grades.action,
        case
            when grades.action like 'up%' then 1
            when grades.action like 'down%' then -1
            else 0
        end as direction,
        {{ ratio('moves.close_1d', 'moves.close_before') }} - 1 as return_1d,
        {{ ratio('moves.close_5d', 'moves.close_before') }} - 1 as return_5d,
        {{ ratio('moves.close_20d', 'moves.close_before') }} - 1 as return_20d
    from grades
    left join moves
        on
            grades.symbol = moves.symbol
            and grades.date = moves.date
            and grades.firm = moves.firm
)

select * from final
