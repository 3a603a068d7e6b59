-- Grain: one row per date, horizon in sessions, direction (top, worst) and place 1 to 10.
{%- set horizons = [1, 5, 20] %}
with returns as (
    select * from {{ ref('returns_over_days') }}
    where {{ since_change() }}
),

{%- for sessions in horizons %}

placed_{{ sessions }} as (
    select
        date,
        {{ sessions }} as horizon_sessions,
        symbol,
        close,
        return_{{ sessions }}d as return_over_horizon,
        row_number() over (partition by date order by return_{{ sessions }}d desc, symbol) as place_from_top,
        row_number() over (partition by date order by return_{{ sessions }}d, symbol) as place_from_bottom,
        month
    from returns
    where return_{{ sessions }}d is not null
),
{%- endfor %}

placed as (
    {%- for sessions in horizons %}
    select * from placed_{{ sessions }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
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
