{# Patterns that marts name, by TA-Lib's names; `indicators` has all of them, in columns `cdl_` and the name. #}
{% macro candlestick_patterns() %}
    {{ return((
        '3blackcrows 3inside 3outside 3whitesoldiers abandonedbaby darkcloudcover doji dragonflydoji engulfing eveningdojistar eveningstar '
        'gravestonedoji hammer hangingman harami haramicross invertedhammer kicking marubozu morningdojistar morningstar piercing shootingstar tristar'
    ).split()) }}
{% endmacro %}

{# The patterns a bar shows, by name with + or -, joined by ';'; null where it shows none. #}
{% macro pattern_names() -%}
    nullif(concat_ws(
        ';',
        {%- for name in candlestick_patterns() %}
        case when cdl_{{ name }} > 0 then '+{{ name }}' when cdl_{{ name }} < 0 then '-{{ name }}' end
        {{- ',' if not loop.last }}
        {%- endfor %}
    ), '')
{%- endmacro %}
