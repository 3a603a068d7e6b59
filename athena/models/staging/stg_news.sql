-- Grain: one row per story and symbol.
with news as (
    select * from {{ source('lake', 'raw_news') }}
),

numbered as (
    select
        *,
        row_number() over (partition by news_id, symbol order by published, source, headline) as place
    from news
),

final as (
    select
        news_id,
        symbol,
        {{ utc_time('published') }} as published_at,
        cast(published as date) as date,
        headline,
        url,
        source,
        sentiment,
        sentiment_source,
        month
    from numbered
    where place = 1
)

select * from final
