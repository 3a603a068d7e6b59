-- Grain: one row per alert, at its last revision.
with revisions as (
    select * from {{ ref('stg_alerts') }}
),

numbered as (
    select
        *,
        row_number() over (partition by alert_id order by revision desc) as place
    from revisions
),

final as (
    select
        alert_id,
        episode_key,
        revision,
        rule,
        rule_version,
        parameters_hash,
        severity,
        score,
        symbol,
        venue,
        accounts,
        account_count,
        is_candidate,
        data_tier,
        cast(detected_at as date) as date,
        detected_at,
        started_at,
        ended_at,
        {{ seconds_between('started_at', 'ended_at') }} as duration_seconds,
        order_count,
        trade_count,
        gaps,
        late_events,
        quarantined_events,
        gaps = 0 and late_events = 0 and quarantined_events = 0 as is_complete,
        explanation,
        evidence_uri,
        status,
        status_reason
    from numbered
    where place = 1
)

select * from final
