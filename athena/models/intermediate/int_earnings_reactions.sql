-- Grain: one row per symbol and report date with bars about it; the first session that could react to the report.
with earnings as (
    select * from {{ ref('stg_earnings') }}
),

sessions as (
    select * from {{ ref('int_session_numbers') }}
),

dated as (
    select
        symbol,
        report_date,
        case when time_of_day = 'post' then {{ day_plus('report_date', 1) }} else report_date end as reacts_from
    from earnings
),

final as (
    select
        dated.symbol,
        dated.report_date,
        min(sessions.date) as reaction_date,
        min(sessions.session_number) as reaction_session
    from dated
    inner join sessions
        on
            dated.symbol = sessions.symbol
            and dated.reacts_from <= sessions.date
            and sessions.date <= {{ day_plus('dated.reacts_from', 10) }}
    group by dated.symbol, dated.report_date
)

select * from final
