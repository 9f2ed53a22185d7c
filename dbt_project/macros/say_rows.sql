{#
  A data test that also says what it found. dbt prints the number of failing rows and nothing else,
  and whoever is called at night wants to know which currency. `sentence`: a column of the query.
#}
{% macro say_rows(query, sentence) %}
  {%- if execute and flags.WHICH in ('build', 'test') -%}
    {%- for row in run_query(query) -%}
      {{- log(row[sentence], info=True) -}}
    {%- endfor -%}
  {%- endif -%}
  {{ query }}
{% endmacro %}
