{# A quotient of doubles, null where the divisor is 0 or null: Trino divides integers to integers, DuckDB does not. #}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{# The first day of a date's week (Monday), month or quarter, as a date: DuckDB and Trino differ in the type. #}
{% macro start_of(unit, column) -%}
    cast(date_trunc('{{ unit }}', {{ column }}) as date)
{%- endmacro %}
