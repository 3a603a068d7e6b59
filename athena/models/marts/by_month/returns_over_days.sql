-- Grain: one row per symbol and trading date; returns over the last N sessions of the symbol.
with bars as (
    select * from {{ ref('stg_bars') }}
    where {{ since_change(var('horizon_sessions') | max) }}
),

followed as (
    select
        symbol,
        date,
        session_close_at,
        adjusted_close as close,
        close * volume as money_volume,
        {%- for sessions in var('horizon_sessions') %}
        lag(adjusted_close, {{ sessions }}) over (partition by symbol order by date) as close_{{ sessions }}_before,
        {%- endfor %}
        month
    from bars
),

final as (
    select
        symbol,
        date,
        session_close_at,
        close,
        money_volume,
        {%- for sessions in var('horizon_sessions') %}
        {{ ratio('close', 'close_' ~ sessions ~ '_before') }} - 1 as return_{{ sessions }}d,
        {%- endfor %}
        month
    from followed
    where {{ since_change() }}
)

select * from final
