select
  id as message_id,
  organization_id,
  channel_id,
  contact_id,
  sender_type,
  sent_at
from {{ source('crm', 'messages') }}
