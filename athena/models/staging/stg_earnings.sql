-- Grain: one row per symbol and report date.
with earnings as (
    select * from {{ source('lake', 'raw_earnings') }}
),

numbered as (
    select
        *,
        row_number() over (partition by symbol, report_date order by source, fiscal_period, eps_actual) as place
    from earnings
),

final as (
    select
        symbol,
        report_date,
        fiscal_period,
        time_of_day,
        eps_estimate,
        eps_actual,
        surprise_percent,
        source
    from numbered
    where place = 1
)

select * from final
