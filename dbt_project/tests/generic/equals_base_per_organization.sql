{#
  A hit is an organization whose figures in the mart are not those of what it is made of: a row is
  missing, doubled, or belongs to somebody else. Whoever changed the mart looks.
  `counted`: pairs of an aggregate over the mart and the one over `base` that must equal it;
  `condition` narrows the rows of `base`; `changed` is its column for when a row
  last changed.

  Rows that changed while this build ran may or may not be in the mart yet, so their organizations are
  judged by the next build.
#}
{% test equals_base_per_organization(model, base, counted, condition='true', changed='updated_at') %}
  with of_base as (
    select
      organization_id,
      {%- for pair in counted %}
      {{ pair[1] }} as figure_{{ loop.index }}{{ ',' if not loop.last }}
      {%- endfor %}
    from {{ base }}
    where {{ condition }}
    group by organization_id
    having max({{ changed }}) < '{{ run_started_at }}'
  ),

  of_mart as (
    select
      organization_id,
      {%- for pair in counted %}
      {{ pair[0] }} as figure_{{ loop.index }}{{ ',' if not loop.last }}
      {%- endfor %}
    from {{ model }}
    group by organization_id
  )

  select
    of_base.organization_id,
    {%- for pair in counted %}
    of_base.figure_{{ loop.index }} as expected_{{ loop.index }},
    of_mart.figure_{{ loop.index }} as found_{{ loop.index }}{{ ',' if not loop.last }}
    {%- endfor %}
  from of_base
  left join of_mart on of_base.organization_id = of_mart.organization_id
  where
    {%- for pair in counted %}
    of_base.figure_{{ loop.index }} <> coalesce(of_mart.figure_{{ loop.index }}, 0)
    {{ 'or' if not loop.last }}
    {%- endfor %}
{% endtest %}
