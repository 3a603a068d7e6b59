-- Grain: one row per date of detection (UTC), rule and severity.
select
    cast(date as timestamp(3)) as date_at,
    rule,
    severity,
    count(*) as alerts,
    count(*) filter (where status = 'closed_true') as closed_true,
    count(*) filter (where status = 'closed_false') as closed_false,
    count(*) filter (where status in ('open', 'in_review', 'escalated')) as undecided
from {marts}.fact_alerts
group by date, rule, severity
