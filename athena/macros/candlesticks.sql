{#
    Candlesticks of whole weeks or months out of daily ones. A period stands in the month in which it begins, so that an
    increment begins a month earlier: a week that began there may have got new days.
#}
{% macro candlesticks_over(unit, bar_interval) %}
with days as (
    select * from {{ ref('candlesticks_daily') }}
    where {{ since_change(month_before=true) }}
),

patterns as (
    select * from {{ ref('stg_indicators') }}
    where bar_interval = '{{ bar_interval }}' and patterns is not null and {{ since_change(month_before=true) }}
),

periods as (
    select
        *,
        {{ start_of(unit, 'date') }} as period_start
    from days
),

grouped as (
    select
        symbol,
        period_start,
        max(date) as date,
        min_by(open, date) as open,
        max(high) as high,
        min(low) as low,
        max_by(close, date) as close,
        sum(volume) as volume,
        sum(money_volume) as money_volume,
        count(*) as session_count
    from periods
    group by symbol, period_start
),

final as (
    select
        grouped.symbol,
        grouped.period_start,
        grouped.date as last_session,
        {{ utc_time('grouped.date') }} as last_session_at,
        grouped.open,
        grouped.high,
        grouped.low,
        grouped.close,
        grouped.volume,
        grouped.money_volume,
        grouped.session_count,
        patterns.patterns,
        {{ month_of('grouped.period_start') }} as month
    from grouped
    left join patterns on grouped.symbol = patterns.symbol and grouped.period_start = patterns.date
    where grouped.period_start >= {{ first_changed_day(month_before=true) }}
)

select * from final
{% endmacro %}
