-- Grain: one row per date up to the last that has bars.
with known as (
    select
        *,
        max(case when bars_present > 0 then date end) over () as last_date
    from {marts}.data_completeness_daily
)

select
    cast(bars_expected as bigint) as bars_expected,
    bars_present,
    cast(bars_missing as bigint) as bars_missing,
    bars_flagged,
    bars_repaired,
    bars_quarantined,
    cast(messages_missing as bigint) as messages_missing,
    case when date = last_date then 1 else 0 end as is_latest,
    case when bars_missing > 0 then 1 else 0 end as lacks_bars,
    completeness,
    date_at
from known
where date <= last_date
