{#
    Grain: one row per symbol, venue and minute with metrics; windows end with the minute and begin with its UTC day.
    Sources of the formulas: docs/microstructure.md.
#}
{%- set day = 'partition by symbol, venue, cast(minute_at as date) order by minute_at' -%}
{%- set half_hour = day ~ ' rows between 29 preceding and current row' -%}
{%- set fifty = day ~ ' rows between 49 preceding and current row' -%}

with metrics as (
    select
        *,
        buy_volume - sell_volume as signed_volume,
        (bid_depth + ask_depth) * mid as money_depth
    from {{ ref('stg_metrics') }}
),

changes as (
    select
        *,
        mid - lag(mid) over ({{ day }}) as mid_change,
        close_price - lag(close_price) over ({{ day }}) as price_change,
        money_depth is not null and quoted_spread_bp is not null as is_scored
    from metrics
),

lagged as (
    select
        *,
        lag(price_change) over ({{ day }}) as price_change_before,
        {% for name, column in [('depth', 'money_depth'), ('spread', 'quoted_spread_bp')] %}
            (
                rank() over (partition by minute_at, is_scored order by {{ column }}) - 1
                + cume_dist() over (partition by minute_at, is_scored order by {{ column }})
                * count(*) over (partition by minute_at, is_scored)
            ) / 2.0 / count(*) over (partition by minute_at, is_scored) as {{ name }}_percentile,
        {% endfor %}
        {{ ratio('abs(mid_change)', 'mid - mid_change') }} as absolute_return
    from changes
),

windows as (
    select
        *,
        sum(mid_change * signed_volume) over ({{ half_hour }}) as moved_by_volume,
        sum(case when mid_change is not null then signed_volume * signed_volume end) over ({{ half_hour }})
            as squared_volume,
        covar_samp(price_change, price_change_before) over ({{ half_hour }}) as price_covariance,
        sum(abs(signed_volume)) over ({{ fifty }}) as one_sided_volume,
        sum(volume) over ({{ fifty }}) as window_volume
    from lagged
),

final as (
    select
        symbol,
        venue,
        minute_at,
        {{ ratio('1000000 * absolute_return', 'notional') }} as amihud,
        {{ ratio('moved_by_volume', 'squared_volume') }} as kyle_lambda,
        case when price_covariance <= 0 then 2 * sqrt(-price_covariance) end as roll_spread,
        {{ ratio('one_sided_volume', 'window_volume') }} as vpin,
        case when is_scored then depth_percentile * (1 - spread_percentile) end as liquidity_score
    from windows
)

select * from final
