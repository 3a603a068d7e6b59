-- Grain: one row per symbol and trading date with Bollinger bands (20 sessions).
with indicators as (
    select * from {{ ref('stg_indicators') }}
    where bar_interval = 'D' and bollinger_middle_20 is not null and {{ since_change(1) }}
),

placed as (
    select
        symbol,
        date,
        close,
        bollinger_upper_20 as upper_band,
        bollinger_middle_20 as middle_band,
        bollinger_lower_20 as lower_band,
        case
            when close > bollinger_upper_20 then 'above'
            when close < bollinger_lower_20 then 'below'
            else 'inside'
        end as band_position,
        month
    from indicators
),

followed as (
    select
        *,
        lag(band_position) over (partition by symbol order by date) as previous_band_position
    from placed
),

final as (
    select
        symbol,
        date,
        {{ utc_time('date') }} as date_at,
        close,
        upper_band,
        middle_band,
        lower_band,
        {{ ratio('upper_band - lower_band', 'middle_band') }} as band_width,
        {{ ratio('close - lower_band', 'upper_band - lower_band') }} as percent_b,
        band_position,
        case
            when band_position = 'above' and previous_band_position <> 'above' then 'breakout_up'
            when band_position = 'below' and previous_band_position <> 'below' then 'breakout_down'
            when band_position = 'inside' and previous_band_position = 'above' then 'return_from_above'
            when band_position = 'inside' and previous_band_position = 'below' then 'return_from_below'
        end as signal,
        month
    from followed
    where {{ since_change() }}
)

select * from final
