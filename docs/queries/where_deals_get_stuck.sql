-- Of the deals that entered a stage, the share that went further, and how many are still in it.
select
  organization_id,
  stage,
  sum(deals_entered) as deals_entered,
  sum(deals_advanced) / sum(deals_entered) as conversion_rate,
  sum(deals_open) as deals_open
from marts.fct_stage_conversion
where stage not in ('closed_won', 'closed_lost')
group by organization_id, stage, stage_position
order by organization_id, stage_position
