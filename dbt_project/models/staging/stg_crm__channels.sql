select
  id as channel_id,
  organization_id,
  name as channel_name,
  platform,
  created_at
from {{ source('crm', 'channels') }}
