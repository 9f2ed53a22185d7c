{{ config(meta={'dagster': {'ref': {'name': 'fct_stage_conversion'}}}) }}

{#
  A hit is an organization whose moved or closed deals are not all in the marts of moves: a change is
  missing or doubled, or a closed deal never entered the stage it is in. Whoever changed
  fct_deal_stage_transitions or fct_stage_conversion looks.

  Deals that changed while this build ran may or may not be in the marts yet, so their organizations
  are judged by the next build.
#}
with deals as (
  select
    organization_id,
    count(*) filter (where stage = 'closed_won') as won,
    count(*) filter (where stage = 'closed_lost') as lost
  from {{ ref('stg_crm__deals') }}
  group by organization_id
  having max(updated_at) < '{{ run_started_at }}'
),

history as (
  select
    organization_id,
    count(*) as changes
  from {{ ref('stg_crm__deal_stages_history') }}
  group by organization_id
),

transitions as (
  select
    organization_id,
    count(*) as changes
  from {{ ref('fct_deal_stage_transitions') }}
  group by organization_id
),

conversion as (
  select
    organization_id,
    sum(deals_won) filter (where stage = 'closed_won') as won,
    sum(deals_lost) filter (where stage = 'closed_lost') as lost
  from {{ ref('fct_stage_conversion') }}
  group by organization_id
)

select
  deals.organization_id,
  history.changes,
  transitions.changes as changes_found,
  deals.won,
  conversion.won as won_found,
  deals.lost,
  conversion.lost as lost_found
from deals
left join history on deals.organization_id = history.organization_id
left join transitions on deals.organization_id = transitions.organization_id
left join conversion on deals.organization_id = conversion.organization_id
where
  coalesce(history.changes, 0) <> coalesce(transitions.changes, 0)
  or deals.won <> coalesce(conversion.won, 0)
  or deals.lost <> coalesce(conversion.lost, 0)
