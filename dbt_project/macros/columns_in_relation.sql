{#
  The columns of a relation, materialized views included.

  The adapter asks information_schema.columns, which by the SQL standard does not list materialized
  views (dbt-adapters#667, #671, #1716): column descriptions were then "not present in the database"
  and never stored, and a unit test of a model that reads such a view failed.
#}
{% macro postgres__get_columns_in_relation(relation) -%}
    {% call statement('get_columns_in_relation', fetch_result=True) %}
        select
            attribute.attname as column_name,
            pg_catalog.format_type(attribute.atttypid, null) as data_type,
            case
                when attribute.atttypid in ('varchar'::regtype, 'bpchar'::regtype)
                    and attribute.atttypmod > 0
                    then attribute.atttypmod - 4
            end as character_maximum_length,
            -- A numeric's modifier holds precision and scale in its two halves.
            case
                when attribute.atttypid = 'numeric'::regtype and attribute.atttypmod > 0
                    then ((attribute.atttypmod - 4) >> 16) & 65535
            end as numeric_precision,
            case
                when attribute.atttypid = 'numeric'::regtype and attribute.atttypmod > 0
                    then (attribute.atttypmod - 4) & 2047
            end as numeric_scale
        from pg_catalog.pg_attribute as attribute
        inner join pg_catalog.pg_class as class on attribute.attrelid = class.oid
        inner join pg_catalog.pg_namespace as namespace on class.relnamespace = namespace.oid
        where class.relname = '{{ relation.identifier }}'
            {% if relation.schema %}
            and namespace.nspname = '{{ relation.schema }}'
            {% else %}
            -- A temporary table of a unit test has no schema that dbt knows.
            and pg_catalog.pg_table_is_visible(class.oid)
            {% endif %}
            and class.relkind in ('r', 'p', 'v', 'm', 'f')
            and attribute.attnum > 0
            and not attribute.attisdropped
        order by attribute.attnum
    {% endcall %}
    {{ return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) }}
{%- endmacro %}
