-- Grain: one row per symbol and date (UTC) with news.
with news as (
    select * from {{ ref('stg_news') }}
    where {{ since_change() }}
),

final as (
    select
        symbol,
        date,
        {{ utc_time('date') }} as date_at,
        count(*) as stories,
        count(sentiment) as stories_with_sentiment,
        avg(sentiment) as mean_sentiment,
        min(sentiment) as lowest_sentiment,
        max(sentiment) as highest_sentiment,
        month
    from news
    group by symbol, date, month
)

select * from final
