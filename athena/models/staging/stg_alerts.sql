-- Grain: one row per alert and revision.
with alerts as (
    select * from {{ source('lake', 'raw_alerts') }}
),

numbered as (
    select
        *,
        row_number() over (partition by alert_id, revision order by year desc, month desc, day desc, hour desc) as place
    from alerts
),

final as (
    select
        alert_id,
        revision,
        episode_key,
        rule,
        rule_version,
        parameters_hash,
        severity,
        score,
        symbol,
        coalesce(venue, '-') as venue,
        {{ words_of('accounts') }} as accounts,
        {{ words_in('accounts') }} as account_count,
        candidate as is_candidate,
        data_tier,
        {{ utc_of_ns('start_ts') }} as started_at,
        {{ utc_of_ns('end_ts') }} as ended_at,
        {{ utc_of_ns('detected_ts') }} as detected_at,
        order_count,
        trade_count,
        evidence_uri,
        completeness.gaps as gaps,
        completeness.late as late_events,
        completeness.quarantined as quarantined_events,
        explanation,
        status,
        status_reason
    from numbered
    where place = 1
)

select * from final
