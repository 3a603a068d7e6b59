-- Grain: one row per symbol and version of its details (type 2); the first version holds from the beginning.
with versions as (
    select * from {{ ref('instruments_history') }}
),

current_details as (
    select * from {{ ref('int_instruments_current') }}
),

numbered as (
    select
        *,
        row_number() over (partition by symbol order by dbt_valid_from) as version
    from versions
),

final as (
    select
        numbered.dbt_scd_id as instrument_key,
        numbered.symbol,
        numbered.version,
        numbered.name,
        numbered.sector,
        numbered.sic_code,
        numbered.capitalisation_segment,
        numbered.currency,
        numbered.exchange,
        numbered.asset_class,
        numbered.list_date,
        numbered.delisted_date,
        numbered.source,
        case when numbered.dbt_valid_to is null then current_details.market_cap end as market_cap,
        case
            when numbered.version = 1 then {{ utc_time("timestamp '1900-01-01 00:00:00'") }}
            else {{ utc_time('numbered.dbt_valid_from') }}
        end as valid_from,
        {{ utc_time('numbered.dbt_valid_to') }} as valid_to,
        numbered.dbt_valid_to is null as is_current
    from numbered
    left join current_details on numbered.symbol = current_details.symbol
)

select * from final
