-- Grain: one row per symbol and report date.
select
    surprises.symbol,
    coalesce(instruments.name, surprises.symbol) as name,
    coalesce(instruments.sector, 'unknown') as sector,
    concat(cast(year(surprises.report_date) as varchar), ' Q', cast(quarter(surprises.report_date) as varchar)) as quarter,
    coalesce(surprises.time_of_day, 'unknown') as time_of_day,
    surprises.outcome,
    1 as reports,
    surprises.eps_estimate,
    surprises.eps_actual,
    surprises.eps_surprise,
    surprises.surprise_percent,
    surprises.return_1d,
    surprises.return_5d,
    surprises.return_10d,
    surprises.report_date_at
from {marts}.eps_surprises as surprises
left join {marts}.dim_instruments as instruments on surprises.symbol = instruments.symbol and instruments.is_current
