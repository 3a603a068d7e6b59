-- Grain: one row per symbol, date and firm.
select
    symbol,
    firm,
    coalesce(previous_grade, '-') as previous_grade,
    coalesce(new_grade, '-') as new_grade,
    case direction when 1 then 'raised' when -1 then 'lowered' else 'kept or begun' end as direction_name,
    cast(year(date) as varchar) as year,
    direction,
    1 as grades,
    return_1d,
    return_5d,
    return_20d,
    date_at
from {marts}.analyst_grades
