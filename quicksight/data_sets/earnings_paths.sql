-- Grain: one row per symbol, report and session from ten before to ten after the reaction.
select
    paths.symbol,
    coalesce(instruments.sector, 'unknown') as sector,
    surprises.outcome,
    cast(year(paths.report_date) as varchar) as year,
    paths.session_offset,
    paths.normalised_close
from {marts}.eps_price_paths as paths
inner join {marts}.eps_surprises as surprises
    on paths.symbol = surprises.symbol and paths.report_date = surprises.report_date
left join {marts}.dim_instruments as instruments on paths.symbol = instruments.symbol and instruments.is_current
