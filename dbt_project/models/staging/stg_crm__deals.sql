select
  id as deal_id,
  organization_id,
  client_id,
  owner_id,
  stage,
  currency,
  deal_value,
  probability,
  -- NULL while open: the database's one expression for the day a deal closed.
  closed_on,
  stage_changed_at,
  created_at,
  updated_at
from {{ source('crm', 'crm_deals') }}
