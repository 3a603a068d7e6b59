{# Bounds in US dollars as index providers use them, about. #}
{% macro capitalisation_segment(market_cap) -%}
    case
        when {{ market_cap }} is null then 'unknown'
        when {{ market_cap }} >= 200e9 then 'mega'
        when {{ market_cap }} >= 10e9 then 'large'
        when {{ market_cap }} >= 2e9 then 'mid'
        when {{ market_cap }} >= 300e6 then 'small'
        else 'micro'
    end
{%- endmacro %}
