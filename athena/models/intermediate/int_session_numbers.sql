-- Grain: one row per symbol with earnings or grades, and trading date; sessions are numbered per symbol.
with bars as (
    select * from {{ ref('stg_bars') }}
),

wanted as (
    select symbol from {{ ref('stg_earnings') }}
    union
    select symbol from {{ ref('stg_grades') }}
),

final as (
    select
        bars.symbol,
        bars.date,
        bars.adjusted_close as close,
        row_number() over (partition by bars.symbol order by bars.date) as session_number
    from bars
    inner join wanted on bars.symbol = wanted.symbol
)

select * from final
