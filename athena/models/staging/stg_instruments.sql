-- Grain: one row per symbol and day on which its details were asked for.
with instruments as (
    select * from {{ source('lake', 'raw_instruments') }}
),

numbered as (
    select
        symbol,
        name,
        coalesce(sector, 'unknown') as sector,
        sic_code,
        market_cap,
        currency,
        exchange,
        asset_class,
        list_date,
        delisted_date,
        source,
        coalesce(as_of, list_date, date '1900-01-01') as as_of,
        row_number() over (
            partition by symbol, coalesce(as_of, list_date, date '1900-01-01')
            order by source, name, sector, market_cap
        ) as place
    from instruments
),

final as (
    select
        symbol,
        name,
        sector,
        sic_code,
        market_cap,
        {{ capitalisation_segment('market_cap') }} as capitalisation_segment,
        currency,
        exchange,
        asset_class,
        list_date,
        delisted_date,
        source,
        as_of
    from numbered
    where place = 1
)

select * from final
