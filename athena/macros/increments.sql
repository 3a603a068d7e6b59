{#
    Marts by month replace whole months. `changed_from` is the first month whose raw rows changed. A window that looks
    behind reads `sessions_back` more sessions, and three months more for instruments that did not trade a while.
#}
{% macro first_changed_day(sessions_back=0, month_before=false) -%}
    {%- set first = modules.datetime.datetime.strptime(var('changed_from') ~ '-01', '%Y-%m-%d').date() -%}
    {%- if first.year > 1901 and is_incremental() -%}
        {%- if month_before -%}
            {%- set first = (first - modules.datetime.timedelta(days=1)).replace(day=1) -%}
        {%- endif -%}
        {%- set further = (sessions_back * 3) // 2 + 90 if sessions_back else 0 -%}
        date '{{ first - modules.datetime.timedelta(days=further) }}'
    {%- else -%}
        date '1900-01-01'
    {%- endif -%}
{%- endmacro %}

{# Restrict a relation with `date` and its `month` to what an increment has to read, or to write. #}
{% macro since_change(sessions_back=0, month_before=false) -%}
    {%- set first = first_changed_day(sessions_back, month_before) -%}
    month >= '{{ first[6:13] }}' and date >= {{ first }}
{%- endmacro %}
