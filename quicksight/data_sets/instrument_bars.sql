-- Grain: one row per day, week or month of the chosen instrument, of the last so many of them.
with days as (
    select
        *,
        cast(date_trunc(<<$BarInterval>>, date) as date) as bar_date
    from {marts}.candlesticks_daily
    where symbol = <<$Symbol>>
),

bars as (
    select
        symbol,
        bar_date,
        min_by(open, date) as open,
        max(high) as high,
        min(low) as low,
        max_by(close, date) as close,
        sum(volume) as volume
    from days
    group by symbol, bar_date
),

averaged as (
    select
        *,
        count(*) over recent as bars_in_window,
        avg(close) over recent as mean,
        stddev_pop(close) over recent as deviation,
        row_number() over (order by bar_date desc) as bars_ago
    from bars
    window recent as (order by bar_date rows between <<$Window>> - 1 preceding and current row)
),

indicators as (
    select
        *,
        cast(date_trunc(<<$BarInterval>>, date) as date) as bar_date
    from {marts}.stg_indicators
    where
        symbol = <<$Symbol>>
        and bar_interval = case <<$BarInterval>> when 'week' then 'W' when 'month' then 'M' else 'D' end
),

alerts as (
    select
        cast(date_trunc(<<$BarInterval>>, date) as date) as bar_date,
        count(*) as alerts,
        min(rule) as first_rule,
        max(rule) as last_rule
    from {marts}.fact_alerts
    where symbol = <<$Symbol>>
    group by cast(date_trunc(<<$BarInterval>>, date) as date)
),

grades as (
    select
        cast(date_trunc(<<$BarInterval>>, date) as date) as bar_date,
        count(*) as grades,
        max_by(concat(firm, ': ', coalesce(new_grade, '-')), date) as note
    from {marts}.analyst_grades
    where symbol = <<$Symbol>>
    group by cast(date_trunc(<<$BarInterval>>, date) as date)
)

select
    averaged.symbol,
    cast(averaged.bar_date as varchar) as bar_label,
    cast(averaged.bar_date as timestamp(3)) as bar_at,
    averaged.open,
    averaged.high,
    averaged.low,
    averaged.close,
    averaged.volume,
    least(averaged.open, averaged.close) as body_low,
    greatest(averaged.open, averaged.close) as body_high,
    case when averaged.close >= averaged.open then 'up' else 'down' end as direction,
    case when bars_in_window = <<$Window>> then mean end as moving_average,
    case when bars_in_window = <<$Window>> then mean + <<$BandWidth>> * deviation end as upper_band,
    case when bars_in_window = <<$Window>> then mean - <<$BandWidth>> * deviation end as lower_band,
    case
        when bars_in_window = <<$Window>>
            then (averaged.close - mean + <<$BandWidth>> * deviation) / nullif(2 * <<$BandWidth>> * deviation, 0)
    end as percent_b,
    indicators.macd,
    indicators.macd_signal,
    indicators.macd_histogram,
    indicators.rsi_14,
    indicators.atr_14,
    coalesce(indicators.patterns, '') as patterns,
    coalesce(alerts.alerts, 0) as alerts,
    case
        when alerts.first_rule = alerts.last_rule then alerts.first_rule
        else concat(alerts.first_rule, ' … ', alerts.last_rule)
    end as alert_rules,
    case when alerts.alerts > 0 then averaged.high * 1.02 end as alert_mark,
    coalesce(grades.grades, 0) as grades,
    grades.note as grade_notes,
    case when grades.grades > 0 then averaged.low * 0.98 end as grade_mark
from averaged
left join indicators on averaged.bar_date = indicators.bar_date
left join alerts on averaged.bar_date = alerts.bar_date
left join grades on averaged.bar_date = grades.bar_date
where averaged.bars_ago <= <<$Bars>>
