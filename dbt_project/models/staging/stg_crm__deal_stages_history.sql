select
  id as transition_id,
  organization_id,
  deal_id,
  from_stage,
  to_stage,
  changed_by,
  -- The trigger files a change under the deal's stage_changed_at, which an import may set.
  created_at as changed_at
from {{ source('crm', 'crm_deal_stages_history') }}
