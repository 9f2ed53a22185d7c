{{ config(meta={'dagster': {'ref': {'name': 'fct_sales_velocity'}}}) }}

{#
  A hit is a month of closing for which the mart and the database's own function disagree about the
  win rate: one of them was changed alone. Whoever changed it looks.

  Deals that changed while this build ran may or may not be in the mart yet, so their organizations
  are judged by the next build.
#}
with settled as (
  select organization_id
  from {{ ref('stg_crm__deals') }}
  group by organization_id
  having max(updated_at) < '{{ run_started_at }}'
),

by_month as (
  select
    organization_id,
    close_month,
    round(100.0 * sum(won_deals) / sum(closed_deals), 2) as win_rate
  from {{ ref('fct_sales_velocity') }}
  group by organization_id, close_month
),

compared as (
  select
    by_month.organization_id,
    by_month.close_month,
    by_month.win_rate,
    public.calculate_win_rate(
      by_month.organization_id,
      by_month.close_month,
      (by_month.close_month + interval '1 month' - interval '1 day')::date
    ) as by_function
  from by_month
  inner join settled on by_month.organization_id = settled.organization_id
)

select
  organization_id,
  close_month,
  win_rate,
  by_function
from compared
where win_rate is distinct from by_function
