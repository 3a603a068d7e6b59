-- Grain: one row per symbol and month; correlation of its daily returns with the mean of the market and of its sector.
with returns as (
    select * from {{ ref('returns_over_days') }}
    where return_1d is not null and {{ since_change() }}
),

segments as (
    select * from {{ ref('instrument_segments') }}
),

joined as (
    select
        returns.symbol,
        returns.date,
        returns.return_1d,
        segments.sector,
        returns.month
    from returns
    inner join segments on returns.symbol = segments.symbol and returns.month = segments.month
),

market as (
    select
        date,
        avg(return_1d) as market_return
    from joined
    group by date
),

sectors as (
    select
        date,
        sector,
        avg(return_1d) as sector_return
    from joined
    group by date, sector
),

final as (
    select
        joined.symbol,
        joined.sector,
        max(joined.date) as last_session,
        count(*) as session_count,
        case when count(*) >= 10 then corr(joined.return_1d, market.market_return) end as correlation_with_market,
        case when count(*) >= 10 then corr(joined.return_1d, sectors.sector_return) end as correlation_with_sector,
        case
            when count(*) >= 10
                then {{ ratio('covar_pop(joined.return_1d, market.market_return)', 'var_pop(market.market_return)') }}
        end as market_beta,
        joined.month
    from joined
    inner join market on joined.date = market.date
    inner join sectors on joined.date = sectors.date and joined.sector = sectors.sector
    group by joined.symbol, joined.sector, joined.month
)

select * from final
