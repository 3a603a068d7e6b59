-- Grain: one row per date, horizon in sessions, direction (top, worst) and place 1 to 10.
{%- set horizons = [1, 5, 20] %}
with returns as (
    select * from {{ ref('returns_over_days') }}
    where {{ since_change() }}
),

bounds as (
    select
        {%- for sessions in horizons %}
        {{ least_of('max(return_' ~ sessions ~ 'd, 10)') }} as tenth_from_top_{{ sessions }},
        {{ greatest_of('min(return_' ~ sessions ~ 'd, 10)') }} as tenth_from_bottom_{{ sessions }},
        {%- endfor %}
        date
    from returns
    group by date
),

{%- for sessions in horizons %}

near_the_ends_{{ sessions }} as (
    select
        returns.date,
        {{ sessions }} as horizon_sessions,
        returns.symbol,
        returns.close,
        returns.return_{{ sessions }}d as return_over_horizon,
        returns.month
    from returns
    inner join bounds on returns.date = bounds.date
    where
        returns.return_{{ sessions }}d >= bounds.tenth_from_top_{{ sessions }}
        or returns.return_{{ sessions }}d <= bounds.tenth_from_bottom_{{ sessions }}
),
{%- endfor %}

near_the_ends as (
    {%- for sessions in horizons %}
    select * from near_the_ends_{{ sessions }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

placed as (
    select
        *,
        row_number() over (
            partition by date, horizon_sessions order by return_over_horizon desc, symbol
        ) as place_from_top,
        row_number() over (
            partition by date, horizon_sessions order by return_over_horizon, symbol
        ) as place_from_bottom
    from near_the_ends
),

sides as (
    select
        *,
        'top' as direction,
        place_from_top as place
    from placed
    where place_from_top <= 10

    union all

    select
        *,
        'worst' as direction,
        place_from_bottom as place
    from placed
    where place_from_bottom <= 10
),

final as (
    select
        date,
        {{ utc_time('date') }} as date_at,
        horizon_sessions,
        direction,
        place,
        symbol,
        close,
        return_over_horizon,
        month
    from sides
)

select * from final
