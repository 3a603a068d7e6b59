{# The columns of moving averages, one a line. #}
{% macro averages(relation='') -%}
    {%- set names = [] -%}
    {%- for kind in ['sma', 'ema', 'wma'] -%}
        {%- for period in [10, 20, 50, 100, 200] -%}
            {%- do names.append(relation ~ kind ~ '_' ~ period) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ names | join(',\n        ') }}
{%- endmacro %}
