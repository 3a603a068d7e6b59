{# A row for each combination of the columns that occurs more than once, or lacks a value. #}
{% test is_key(model, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        {%- for column in columns %}
        or {{ column }} is null
        {%- endfor %}
{% endtest %}

{# A row for each row of which the expression is false; unknown passes, as in a check constraint. #}
{% test always(model, expression) %}
    select *
    from {{ model }}
    where not ({{ expression }})
{% endtest %}

{# A row for each version of a type-2 dimension that overlaps the next one of its key. #}
{% test versions_follow(model, key) %}
    with versions as (
        select
            {{ key }} as version_key,
            valid_from,
            valid_to,
            lead(valid_from) over (partition by {{ key }} order by valid_from) as next_valid_from
        from {{ model }}
    )

    select *
    from versions
    where next_valid_from is not null and (valid_to is null or valid_to > next_valid_from)
{% endtest %}
