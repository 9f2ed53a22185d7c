{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_deal_stage_transitions'}}}) }}

{#
  A hit is an organization with deals that stand in another stage than the one their last known change
  entered: somebody switched the trigger off, wrote the history by hand, or filed a later change under
  an earlier time. A warning, because people may. fct_stage_conversion counts such a deal in both.
#}
select
  transitions.organization_id,
  count(*) as deal_count
from {{ ref('fct_deal_stage_transitions') }} as transitions
inner join {{ ref('stg_crm__deals') }} as deals
  on
    transitions.organization_id = deals.organization_id
    and transitions.deal_id = deals.deal_id
where
  transitions.is_current
  and transitions.to_stage <> deals.stage
  and deals.updated_at < '{{ run_started_at }}'
group by transitions.organization_id
