{# One schema for everything: Glue databases are deployed, not made by dbt. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema }}
{%- endmacro %}
