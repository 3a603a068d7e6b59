-- Grain: one row per symbol, as last known; a symbol that has bars but no details is there with unknown ones.
with instruments as (
    select * from {{ ref('stg_instruments') }}
),

bars as (
    select * from {{ ref('stg_bars') }}
),

described as (
    select
        *,
        concat_ws(
            '|', name, sector, coalesce(sic_code, '-'), capitalisation_segment, coalesce(currency, '-'),
            coalesce(exchange, '-'), coalesce(asset_class, '-'), coalesce(cast(delisted_date as varchar), '-')
        ) as description
    from instruments
),

compared as (
    select
        *,
        lag(description) over (partition by symbol order by as_of) as previous_description
    from described
),

dated as (
    select
        *,
        max(case when previous_description is null or previous_description <> description then as_of end)
            over (partition by symbol order by as_of) as changed_on,
        row_number() over (partition by symbol order by as_of desc) as place
    from compared
),

undescribed as (
    select distinct bars.symbol
    from bars
    left join instruments on bars.symbol = instruments.symbol
    where instruments.symbol is null
),

combined as (
    select
        symbol,
        name,
        sector,
        sic_code,
        market_cap,
        capitalisation_segment,
        currency,
        exchange,
        asset_class,
        list_date,
        delisted_date,
        source,
        changed_on
    from dated
    where place = 1

    union all

    select
        symbol,
        cast(null as varchar) as name,
        'unknown' as sector,
        cast(null as varchar) as sic_code,
        cast(null as double) as market_cap,
        'unknown' as capitalisation_segment,
        cast(null as varchar) as currency,
        cast(null as varchar) as exchange,
        cast(null as varchar) as asset_class,
        cast(null as date) as list_date,
        cast(null as date) as delisted_date,
        'bars' as source,
        date '1900-01-01' as changed_on
    from undescribed
),

final as (
    select
        symbol,
        name,
        sector,
        sic_code,
        market_cap,
        capitalisation_segment,
        currency,
        exchange,
        asset_class,
        list_date,
        delisted_date,
        source,
        {{ snapshot_time('changed_on') }} as changed_at
    from combined
)

select * from final
