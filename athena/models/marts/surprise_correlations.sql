-- Grain: one row per sector ('all' among them) and sessions after the report.
with surprises as (
    select * from {{ ref('eps_surprises') }}
    where surprise_percent is not null
),

instruments as (
    select * from {{ ref('dim_instruments') }}
    where is_current
),

horizons as (
    {%- for sessions in [1, 5, 10] %}
    select
        symbol,
        surprise_percent,
        outcome,
        {{ sessions }} as horizon_sessions,
        return_{{ sessions }}d as return_after
    from surprises
    where return_{{ sessions }}d is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

described as (
    select
        horizons.*,
        coalesce(instruments.sector, 'unknown') as sector
    from horizons
    left join instruments on horizons.symbol = instruments.symbol
),

grouped as (
    select
        coalesce(sector, 'all') as sector,
        horizon_sessions,
        count(*) as reports,
        corr(surprise_percent, return_after) as correlation,
        corr(least(greatest(surprise_percent, -100), 100), return_after) as correlation_bounded,
        avg(case when outcome = 'beat' then return_after end) as mean_return_beat,
        avg(case when outcome = 'met' then return_after end) as mean_return_met,
        avg(case when outcome = 'missed' then return_after end) as mean_return_missed
    from described
    group by grouping sets ((horizon_sessions), (horizon_sessions, sector)) -- noqa: PRS
),

final as (
    select
        sector,
        horizon_sessions,
        reports,
        case when reports >= 10 then correlation end as correlation,
        case when reports >= 10 then correlation_bounded end as correlation_bounded,
        mean_return_beat,
        mean_return_met,
        mean_return_missed
    from grouped
)

select * from final
