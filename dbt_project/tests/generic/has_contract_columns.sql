{#
  A hit names a column of the relation that differs from the model's .yml in name, place or type.
  dbt's own contracts are accepted on a materialized view and silently not enforced, so a renamed or
  retyped column would first be noticed by the application that reads it. Whoever changed the model
  puts the column back, or changes the contract with everybody who reads it.
#}
{% test has_contract_columns(model) %}
  {%- set found = [] -%}
  {%- if execute -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model'
        and node.schema == model.schema
        and node.alias == model.identifier -%}
      {%- do found.extend(node.columns.values()) -%}
    {%- endfor -%}
  {%- endif %}

  with documented (name, type, place) as (
    values
      (null::text, null::text, 0)
      {%- for column in found %},
      ('{{ column.name }}', '{{ column.data_type }}', {{ loop.index }})
      {%- endfor %}
  ),

  actual as (
    select
      attname::text as name,
      pg_catalog.format_type(atttypid, null) as type,
      attnum::integer as place
    from pg_catalog.pg_attribute
    where attrelid = '{{ model }}'::pg_catalog.regclass and attnum > 0 and not attisdropped
  )

  select
    documented.name as documented_name,
    documented.type as documented_type,
    actual.name as actual_name,
    actual.type as actual_type,
    coalesce(documented.place, actual.place) as place
  from (select * from documented where place > 0) as documented
  full join actual
    on documented.name = actual.name
    and documented.type = actual.type
    and documented.place = actual.place
  where documented.name is null or actual.name is null
{% endtest %}
