-- One step of every deal that goes further; the CRM's own trigger writes the history. Two thirds of the
-- deals are closed in the end, rather more won than lost, and some are lost early.
--
-- Expects organization_id, as_of (date) and step (1 to 4). A second run writes nothing.
with planned as (
  select
    n,
    md5(%(organization_id)s || ' demo deal ' || n)::uuid as deal_id,
    string_to_array(
      (
        array[
          'prospecting qualification proposal negotiation closed_won',
          'prospecting qualification closed_lost',
          'prospecting qualification proposal negotiation closed_won',
          'prospecting qualification proposal',
          'prospecting qualification proposal negotiation',
          'prospecting proposal closed_won',
          'prospecting qualification',
          'prospecting qualification proposal negotiation closed_lost',
          'prospecting'
        ]
      )[1 + n %% 9],
      ' '
    ) as stages,
    %(as_of)s::date - (n * 3) * interval '1 day' as opened_at,
    -- All steps of a deal opened three days ago fit into these three days.
    least((2 + n %% 9) * interval '1 day', n * interval '14 hours') as days_in_stage
  from generate_series(1, 120) as n
)

update public.crm_deals as d
set
  stage = p.stages[%(step)s + 1],
  stage_changed_at = p.opened_at + %(step)s * p.days_in_stage,
  probability = case p.stages[%(step)s + 1]
    when 'qualification' then 25
    when 'proposal' then 50
    when 'negotiation' then 75
    when 'closed_won' then 100
    else 0
  end
from planned as p
where
  d.organization_id = %(organization_id)s::uuid
  and d.id = p.deal_id
  and p.stages[%(step)s + 1] is not null
  -- Whoever played with the demo's deals finds them as he left them.
  and d.stage_changed_at = p.opened_at + (%(step)s - 1) * p.days_in_stage
  and d.stage = p.stages[%(step)s]
