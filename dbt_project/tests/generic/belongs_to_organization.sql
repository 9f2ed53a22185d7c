{#
  A hit is a row that refers to a row of another organization, or to none at all: somebody would see
  another tenant's figures. Stop and find the join that lost its organization_id.
#}
{% test belongs_to_organization(model, column_name, to, field) %}
  select
    referring.organization_id,
    referring.{{ column_name }}
  from {{ model }} as referring
  left join {{ to }} as referred
    on
      referring.{{ column_name }} = referred.{{ field }}
      and referring.organization_id = referred.organization_id
  where referring.{{ column_name }} is not null and referred.{{ field }} is null
{% endtest %}
