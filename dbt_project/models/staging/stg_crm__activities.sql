select
  id as activity_id,
  organization_id,
  client_id,
  activity_type,
  status,
  created_at,
  completed_at,
  updated_at
from {{ source('crm', 'crm_activities') }}
