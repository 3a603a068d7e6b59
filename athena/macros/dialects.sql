{# Where Trino (Athena) and DuckDB say the same thing differently. Default is Trino. #}

{# Milliseconds, cut off as DuckDB does: Trino's cast would round, and move an event into the next day. #}
{% macro utc_of_ns(column) -%}
    {{ return(adapter.dispatch('utc_of_ns')(column)) }}
{%- endmacro %}

{% macro default__utc_of_ns(column) -%}
    cast(from_unixtime_nanos({{ column }} / 1000000 * 1000000) at time zone 'UTC' as timestamp(3))
{%- endmacro %}

{% macro duckdb__utc_of_ns(column) -%}
    cast(make_timestamp_ms({{ column }} // 1000000) as timestamp_ms)
{%- endmacro %}


{% macro utc_time(column) -%}
    {{ return(adapter.dispatch('utc_time')(column)) }}
{%- endmacro %}

{% macro default__utc_time(column) -%}
    cast({{ column }} as timestamp(3))
{%- endmacro %}

{% macro duckdb__utc_time(column) -%}
    cast({{ column }} as timestamp_ms)
{%- endmacro %}


{# A snapshot's updated_at: Iceberg on Athena knows microseconds only. #}
{% macro snapshot_time(column) -%}
    {{ return(adapter.dispatch('snapshot_time')(column)) }}
{%- endmacro %}

{% macro default__snapshot_time(column) -%}
    cast({{ column }} as timestamp(6))
{%- endmacro %}

{% macro duckdb__snapshot_time(column) -%}
    cast({{ column }} as timestamp)
{%- endmacro %}


{% macro month_of(column) -%}
    {{ return(adapter.dispatch('month_of')(column)) }}
{%- endmacro %}

{% macro default__month_of(column) -%}
    date_format({{ column }}, '%Y-%m')
{%- endmacro %}

{% macro duckdb__month_of(column) -%}
    strftime({{ column }}, '%Y-%m')
{%- endmacro %}


{% macro words_of(column) -%}
    {{ return(adapter.dispatch('words_of')(column)) }}
{%- endmacro %}

{% macro default__words_of(column) -%}
    array_join({{ column }}, ';')
{%- endmacro %}

{% macro duckdb__words_of(column) -%}
    array_to_string({{ column }}, ';')
{%- endmacro %}


{% macro day_plus(column, days) -%}
    {{ return(adapter.dispatch('day_plus')(column, days)) }}
{%- endmacro %}

{% macro default__day_plus(column, days) -%}
    date_add('day', {{ days }}, {{ column }})
{%- endmacro %}

{% macro duckdb__day_plus(column, days) -%}
    cast({{ column }} + to_days(cast({{ days }} as integer)) as date)
{%- endmacro %}


{# Whole seconds from one time to another: DuckDB's date_diff counts how often a second began. #}
{% macro seconds_between(first, last) -%}
    {{ return(adapter.dispatch('seconds_between')(first, last)) }}
{%- endmacro %}

{% macro default__seconds_between(first, last) -%}
    date_diff('second', {{ first }}, {{ last }})
{%- endmacro %}

{% macro duckdb__seconds_between(first, last) -%}
    date_sub('second', {{ first }}, {{ last }})
{%- endmacro %}


{% macro words_in(column) -%}
    {{ return(adapter.dispatch('words_in')(column)) }}
{%- endmacro %}

{% macro default__words_in(column) -%}
    cardinality({{ column }})
{%- endmacro %}

{% macro duckdb__words_in(column) -%}
    len({{ column }})
{%- endmacro %}


{# The least and the greatest number of an array. #}
{% macro least_of(column) -%}
    {{ return(adapter.dispatch('least_of')(column)) }}
{%- endmacro %}

{% macro default__least_of(column) -%}
    array_min({{ column }})
{%- endmacro %}

{% macro duckdb__least_of(column) -%}
    list_min({{ column }})
{%- endmacro %}


{% macro greatest_of(column) -%}
    {{ return(adapter.dispatch('greatest_of')(column)) }}
{%- endmacro %}

{% macro default__greatest_of(column) -%}
    array_max({{ column }})
{%- endmacro %}

{% macro duckdb__greatest_of(column) -%}
    list_max({{ column }})
{%- endmacro %}
