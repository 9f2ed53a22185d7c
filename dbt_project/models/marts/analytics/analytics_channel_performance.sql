{{ config(indexes=[{
  'columns': ['organization_id', 'channel_id', 'period_month'], 'unique': true
}]) }}

-- Contacts and messages are aggregated apart and joined afterwards: a direct join counts each
-- message once per contact of its channel.
with first_messages as (
  select
    organization_id,
    contact_id,
    min(sent_at) as sent_at
  from {{ ref('stg_crm__messages') }}
  group by organization_id, contact_id
),

contacts_by_month as (
  select
    contacts.organization_id,
    contacts.channel_id,
    -- least() skips a NULL: a contact who never wrote was first seen when he was created.
    date_trunc(
      'month', least(contacts.created_at, first_messages.sent_at), 'UTC'
    ) as period_month,
    count(*) as new_contacts
  from {{ ref('stg_crm__contacts') }} as contacts
  left join first_messages
    on
      contacts.organization_id = first_messages.organization_id
      and contacts.contact_id = first_messages.contact_id
  group by 1, 2, 3
),

messages_by_month as (
  select
    organization_id,
    channel_id,
    date_trunc('month', sent_at, 'UTC') as period_month,
    count(*) as total_messages,
    count(*) filter (where sender_type = 'user') as incoming_messages,
    count(*) filter (where sender_type = 'agent') as agent_responses,
    count(*) filter (where sender_type = 'ai') as ai_responses
  from {{ ref('stg_crm__messages') }}
  group by 1, 2, 3
),

-- Every month in which something happened to the channel, so that none is ever NULL.
months as (
  select
    organization_id,
    channel_id,
    date_trunc('month', created_at, 'UTC') as period_month
  from {{ ref('stg_crm__channels') }}
  union
  select
    organization_id,
    channel_id,
    period_month
  from contacts_by_month
  union
  select
    organization_id,
    channel_id,
    period_month
  from messages_by_month
)

select
  months.organization_id,
  months.channel_id,
  channels.channel_name,
  channels.platform,
  -- Every month with a new contact is a row, so the running sum misses none.
  coalesce(sum(contacts_by_month.new_contacts) over (
    partition by months.organization_id, months.channel_id
    order by months.period_month
  ), 0)::bigint as total_contacts,
  coalesce(messages_by_month.total_messages, 0) as total_messages,
  coalesce(messages_by_month.incoming_messages, 0) as incoming_messages,
  coalesce(messages_by_month.agent_responses, 0) as agent_responses,
  coalesce(messages_by_month.ai_responses, 0) as ai_responses,
  months.period_month
from months
inner join {{ ref('stg_crm__channels') }} as channels
  on
    months.organization_id = channels.organization_id
    and months.channel_id = channels.channel_id
left join contacts_by_month
  on
    months.organization_id = contacts_by_month.organization_id
    and months.channel_id = contacts_by_month.channel_id
    and months.period_month = contacts_by_month.period_month
left join messages_by_month
  on
    months.organization_id = messages_by_month.organization_id
    and months.channel_id = messages_by_month.channel_id
    and months.period_month = messages_by_month.period_month
