{#
  The columns of a contract as a query without rows, as dbt makes it, less its warning about `numeric`
  without precision: it is about databases that round such a column, and PostgreSQL keeps every digit.
  Ten lines of it a build would hide the warning that matters.
#}
{% macro postgres__get_empty_schema_sql(columns) %}
    {%- set untyped = [] -%}
    select
    {% for name in columns %}
        {%- set column = columns[name] -%}
        {%- if column['data_type'] is not defined -%}
            {%- do untyped.append(column['name']) -%}
        {%- endif -%}
        {{ cast('null', column['data_type']) }} as {{ adapter.quote(column['name']) }}
        {{- ', ' if not loop.last }}
    {%- endfor -%}
    {%- if untyped -%}
        {{ exceptions.column_type_missing(column_names=untyped) }}
    {%- endif -%}
{% endmacro %}
