select
  id as contact_id,
  organization_id,
  channel_id,
  created_at
from {{ source('crm', 'contacts') }}
