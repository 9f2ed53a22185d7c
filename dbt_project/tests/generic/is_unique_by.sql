{#
  A hit is a combination of the columns that occurs more than once, NULL counting as a value: the
  model's grain is not what its description says. Whoever changed the model's grouping looks.
#}
{% test is_unique_by(model, columns) %}
  select
    {{ columns | join(', ') }},
    count(*) as occurrences
  from {{ model }}
  group by {{ columns | join(', ') }}
  having count(*) > 1
{% endtest %}
