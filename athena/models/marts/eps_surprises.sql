-- Grain: one row per symbol and report date.
with earnings as (
    select * from {{ ref('stg_earnings') }}
),

reactions as (
    select * from {{ ref('int_earnings_reactions') }}
),

paths as (
    select * from {{ ref('eps_price_paths') }}
),

moves as (
    select
        symbol,
        report_date,
        {%- for offset in [0, 4, 9] %}
        max(case when session_offset = {{ offset }} then normalised_close end) / 100 - 1 as return_{{ offset + 1 }}d,
        {%- endfor %}
        max(case when session_offset = -10 then normalised_close end) as close_before
    from paths
    group by symbol, report_date
),

final as (
    select
        earnings.symbol,
        earnings.report_date,
        {{ utc_time('earnings.report_date') }} as report_date_at,
        earnings.fiscal_period,
        earnings.time_of_day,
        earnings.eps_estimate,
        earnings.eps_actual,
        earnings.eps_actual - earnings.eps_estimate as eps_surprise,
        coalesce(
            earnings.surprise_percent,
            100 * {{ ratio('earnings.eps_actual - earnings.eps_estimate', 'abs(earnings.eps_estimate)') }}
        ) as surprise_percent,
        case
            when earnings.eps_actual > earnings.eps_estimate then 'beat'
            when earnings.eps_actual < earnings.eps_estimate then 'missed'
            when earnings.eps_actual = earnings.eps_estimate then 'met'
            else 'unknown'
        end as outcome,
        reactions.reaction_date,
        100 / nullif(moves.close_before, 0) - 1 as return_9d_before,
        moves.return_1d,
        moves.return_5d,
        moves.return_10d
    from earnings
    left join reactions on earnings.symbol = reactions.symbol and earnings.report_date = reactions.report_date
    left join moves on earnings.symbol = moves.symbol and earnings.report_date = moves.report_date
)

select * from final
