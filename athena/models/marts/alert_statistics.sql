-- Grain: one row per date of detection (UTC) and rule.
with alerts as (
    select * from {{ ref('fact_alerts') }}
),

counted as (
    select
        date,
        rule,
        count(*) as alerts,
        count(distinct symbol) as symbols,
        {%- for severity in ['low', 'medium', 'high', 'critical'] %}
        count(*) filter (where severity = '{{ severity }}') as {{ severity }}_alerts,
        {%- endfor %}
        count(*) filter (where is_candidate) as candidates,
        count(*) filter (where not is_complete) as incomplete_alerts,
        count(*) filter (where status in ('open', 'in_review', 'escalated')) as undecided_alerts,
        count(*) filter (where status = 'closed_true') as true_alerts,
        count(*) filter (where status = 'closed_false') as false_alerts,
        count(*) filter (where status = 'suppressed') as suppressed_alerts,
        avg(score) as mean_score
    from alerts
    group by date, rule
),

final as (
    select
        date,
        {{ utc_time('date') }} as date_at,
        rule,
        alerts,
        symbols,
        low_alerts,
        medium_alerts,
        high_alerts,
        critical_alerts,
        candidates,
        incomplete_alerts,
        undecided_alerts,
        true_alerts,
        false_alerts,
        suppressed_alerts,
        {{ ratio('true_alerts', 'true_alerts + false_alerts') }} as precision_of_decided,
        mean_score
    from counted
)

select * from final
