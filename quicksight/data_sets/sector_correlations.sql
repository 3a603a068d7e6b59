-- Grain: one row per ordered pair of sectors; mean of the last twelve months' correlations.
with months as (
    select
        *,
        dense_rank() over (order by month desc) as months_ago
    from {marts}.sector_correlations
)

select
    sector,
    other_sector,
    avg(correlation) as correlation
from months
where months_ago <= 12 and correlation is not null
group by sector, other_sector
