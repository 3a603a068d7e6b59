-- Grain: one row per date with bars, quarantined bars or messages missing from feeds.
with bars as (
    select * from {{ ref('stg_bars') }}
),

quarantined as (
    select * from {{ ref('stg_quarantined_bars') }}
),

statuses as (
    select * from {{ ref('stg_statuses') }}
),

sessions as (
    select distinct date
    from {{ ref('dim_market_sessions') }}
    where is_current
),

lives as (
    select
        symbol,
        min(date) as first_date,
        max(date) as last_date
    from bars
    group by symbol
),

begins as (
    select
        first_date as date,
        count(*) as begun
    from lives
    group by first_date
),

ends as (
    select
        last_date as date,
        count(*) as ended
    from lives
    group by last_date
),

present as (
    select
        date,
        count(*) as bars_present,
        count(*) filter (where flags <> '') as bars_flagged,
        count(*) filter (where is_repaired) as bars_repaired
    from bars
    group by date
),

set_aside as (
    select
        date,
        count(*) as bars_quarantined
    from quarantined
    where date is not null
    group by date
),

gaps as (
    select
        cast(happened_at as date) as date,
        sum(missing_messages) as messages_missing
    from statuses
    where state = 'gap'
    group by cast(happened_at as date)
),

dates as (
    select date from sessions
    union
    select date from present
    union
    select date from set_aside
    union
    select date from gaps
),

joined as (
    select
        dates.date,
        sessions.date is not null as is_session,
        coalesce(begins.begun, 0) as begun,
        coalesce(ends.ended, 0) as ended,
        coalesce(present.bars_present, 0) as bars_present,
        coalesce(present.bars_flagged, 0) as bars_flagged,
        coalesce(present.bars_repaired, 0) as bars_repaired,
        coalesce(set_aside.bars_quarantined, 0) as bars_quarantined,
        coalesce(gaps.messages_missing, 0) as messages_missing
    from dates
    left join sessions on dates.date = sessions.date
    left join begins on dates.date = begins.date
    left join ends on dates.date = ends.date
    left join present on dates.date = present.date
    left join set_aside on dates.date = set_aside.date
    left join gaps on dates.date = gaps.date
),

living as (
    select
        *,
        sum(begun) over (order by date rows unbounded preceding)
        - sum(ended) over (order by date rows unbounded preceding) + ended as instruments_living
    from joined
),

final as (
    select
        date,
        {{ utc_time('date') }} as date_at,
        is_session,
        case when is_session then instruments_living else 0 end as bars_expected,
        bars_present,
        case when is_session then instruments_living - bars_present else 0 end as bars_missing,
        bars_flagged,
        bars_repaired,
        bars_quarantined,
        messages_missing,
        case when is_session then {{ ratio('bars_present', 'instruments_living') }} end as completeness
    from living
)

select * from final
