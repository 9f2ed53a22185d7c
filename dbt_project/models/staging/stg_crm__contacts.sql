select
  id as contact_id,
  organization_id,
  channel_id,
  created_at,
  updated_at
from {{ source('crm', 'contacts') }}
