{#
  A hit is an organization whose counts in the view do not add up to the rows it is made of: a join
  dropped some or counted some twice. Whoever changed the view looks.
  `of`: what the view counts, where `condition` holds; `column_name`: its column with the counts.

  Rows that changed while this build ran may or may not be in the view yet, so their organizations
  are judged by the next build.
#}
{% test counts_every_row(model, column_name, of, condition='true') %}
  with from_rows as (
    select
      organization_id,
      count(*) filter (where {{ condition }}) as row_count
    from {{ of }}
    group by organization_id
    having max(updated_at) < '{{ run_started_at }}'
  ),

  from_view as (
    select
      organization_id,
      sum({{ column_name }}) as row_count
    from {{ model }}
    group by organization_id
  )

  select
    from_rows.organization_id,
    from_rows.row_count as expected,
    coalesce(from_view.row_count, 0) as found
  from from_rows
  left join from_view on from_rows.organization_id = from_view.organization_id
  where from_rows.row_count <> coalesce(from_view.row_count, 0)
{% endtest %}
