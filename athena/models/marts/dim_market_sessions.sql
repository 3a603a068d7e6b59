-- Grain: one row per exchange, session and version of it (type 2); the first version holds from the beginning.
with versions as (
    select * from {{ ref('market_sessions_history') }}
),

numbered as (
    select
        *,
        row_number() over (partition by exchange_date order by dbt_valid_from) as version
    from versions
),

final as (
    select
        dbt_scd_id as session_key,
        exchange,
        date,
        version,
        {{ utc_time('open_at') }} as open_at,
        {{ utc_time('close_at') }} as close_at,
        is_early_close,
        source,
        case
            when version = 1 then {{ utc_time("timestamp '1900-01-01 00:00:00'") }}
            else {{ utc_time('dbt_valid_from') }}
        end as valid_from,
        {{ utc_time('dbt_valid_to') }} as valid_to,
        dbt_valid_to is null as is_current
    from numbered
)

select * from final
