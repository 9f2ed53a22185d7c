{#
  Schemas under exactly the names the project gives them.

  dbt's default glues the target's schema in front (`staging_public`), which would put the five
  views under names the contract does not know.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
