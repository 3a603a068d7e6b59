-- Grain: one row per date, check and outcome.
select
    check_name,
    outcome,
    cast(row_count as bigint) as row_count,
    symbols,
    date_at
from {marts}.data_quality_daily
where date_at is not null
