-- Grain: one row per sector ('all' among them) and sessions after the report.
select
    sector,
    concat(cast(horizon_sessions as varchar), case when horizon_sessions = 1 then ' session' else ' sessions' end) as horizon,
    horizon_sessions,
    reports,
    correlation,
    correlation_bounded,
    mean_return_beat,
    mean_return_met,
    mean_return_missed
from {marts}.surprise_correlations
