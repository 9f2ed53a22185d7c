{{ config(unique_key=['organization_id', 'conversation_id']) }}

with clients as (
  select
    organization_id,
    client_id,
    contact_id
  from {{ ref('stg_crm__clients') }}
),

contacts as (
  select
    contacts.organization_id,
    contacts.contact_id,
    contacts.channel_id,
    clients.client_id
  from {{ ref('stg_crm__contacts') }} as contacts
  left join clients
    on
      contacts.organization_id = clients.organization_id
      and contacts.contact_id = clients.contact_id
),

-- The chatbot may log as an activity what it also writes as messages. Both are put in one line per
-- person, so that one talk is one conversation however it was kept.
events as (
  select
    messages.organization_id,
    coalesce(contacts.client_id, messages.contact_id) as person_id,
    messages.message_id as event_id,
    messages.sender_type,
    messages.sent_at as happened_at
  from {{ ref('stg_crm__messages') }} as messages
  inner join contacts
    on
      messages.organization_id = contacts.organization_id
      and messages.contact_id = contacts.contact_id
  where messages.sender_type <> 'system'
  union all
  select
    organization_id,
    -- Of nobody knows whom: a conversation by itself.
    coalesce(client_id, activity_id) as person_id,
    activity_id as event_id,
    'chatbot' as sender_type,
    created_at as happened_at
  from {{ ref('stg_crm__activities') }}
  where activity_type = 'chatbot_interaction'
),

marked as (
  select
    *,
    -- In hours: the length of a day depends on the session's time zone.
    coalesce(happened_at - lag(happened_at) over in_order >= interval '24 hours', true) as is_first
  from events
  window in_order as (
    partition by organization_id, person_id
    order by happened_at asc, event_id asc
  )
),

numbered as (
  select
    *,
    count(*) filter (where is_first) over (
      partition by organization_id, person_id
      order by happened_at asc, event_id asc
      rows unbounded preceding
    ) as conversation_number
  from marked
),

talks as (
  select
    organization_id,
    person_id,
    (array_agg(event_id) filter (where is_first))[1] as first_event_id,
    (array_agg(sender_type) filter (where is_first))[1] as first_sender,
    min(happened_at) as started_at,
    max(happened_at) as ended_at,
    count(*) filter (where sender_type = 'user') as user_messages,
    count(*) filter (where sender_type = 'ai') as ai_messages,
    count(*) filter (where sender_type = 'agent') as agent_messages,
    count(*) filter (where sender_type = 'chatbot') as chatbot_interactions
  from numbered
  group by organization_id, person_id, conversation_number
),

-- Ids are unique among messages and among activities. Whoever writes both may give one of each the
-- same; then the activity's conversation has an id made of it, for no key may be there twice.
named as (
  select
    *,
    case
      when
        row_number() over (
          partition by organization_id, first_event_id
          order by first_sender = 'chatbot'
        ) = 1
        then first_event_id
      else md5('activity ' || first_event_id)::uuid
    end as conversation_id
  from talks
),

conversations as (
  select
    talks.*,
    coalesce(by_contact.contact_id, by_client.contact_id) as contact_id,
    coalesce(by_contact.client_id, by_client.client_id) as client_id,
    case
      when talks.agent_messages = 0 and talks.ai_messages + talks.chatbot_interactions = 0
        then 'none'
      when talks.agent_messages = 0 then 'ai'
      when talks.ai_messages + talks.chatbot_interactions = 0 then 'agent'
      else 'both'
    end as handled_by
  from named as talks
  left join clients as by_client
    on
      talks.organization_id = by_client.organization_id
      and talks.person_id = by_client.client_id
  left join contacts as by_contact
    on
      talks.organization_id = by_contact.organization_id
      and talks.person_id = by_contact.contact_id
),

-- Conversations and orders of a client in one line: an order belongs to the last conversation before
-- it, and the first of a conversation's orders is its own. Whoever never talked is left out at once.
line as (
  select
    organization_id,
    client_id,
    started_at as happened_at,
    conversation_id,
    null::uuid as order_id,
    null::numeric as net_revenue
  from conversations
  where client_id is not null and handled_by <> 'none'
  union all
  select
    organization_id,
    client_id,
    order_date as happened_at,
    null as conversation_id,
    order_id,
    net_revenue
  from {{ ref('stg_crm__orders') }}
  where
    not is_lost
    and (organization_id, client_id) in (
      select
        conversations.organization_id,
        conversations.client_id
      from conversations
      where conversations.handled_by <> 'none'
    )
),

credited as (
  select
    *,
    count(conversation_id) over (
      partition by organization_id, client_id
      -- An order in the very instant of the first word comes after it.
      order by happened_at asc, order_id asc nulls first
      rows unbounded preceding
    ) as talk_number
  from line
),

first_orders as (
  select distinct on (organization_id, client_id, talk_number)
    organization_id,
    client_id,
    talk_number,
    order_id,
    happened_at as order_date,
    net_revenue
  from credited
  where order_id is not null and talk_number > 0
  order by
    organization_id asc, client_id asc, talk_number asc, happened_at asc, order_id asc
),

influenced as (
  select
    credited.organization_id,
    credited.conversation_id,
    first_orders.order_id,
    first_orders.order_date,
    first_orders.net_revenue,
    first_orders.order_date - credited.happened_at as time_to_order
  from credited
  inner join first_orders
    on
      credited.organization_id = first_orders.organization_id
      and credited.client_id = first_orders.client_id
      and credited.talk_number = first_orders.talk_number
  where
    credited.conversation_id is not null
    and first_orders.order_date - credited.happened_at <= interval '720 hours'
)

select
  conversations.organization_id,
  conversations.conversation_id,
  conversations.contact_id,
  contacts.channel_id,
  conversations.client_id,
  conversations.handled_by,
  conversations.started_at,
  (conversations.started_at at time zone 'UTC')::date as started_day,
  conversations.ended_at,
  conversations.user_messages + conversations.ai_messages + conversations.agent_messages
    as messages,
  conversations.user_messages,
  conversations.ai_messages,
  conversations.agent_messages,
  conversations.chatbot_interactions,
  influenced.order_id as first_order_id,
  influenced.order_date as first_order_at,
  extract(epoch from influenced.time_to_order) / 86400 as days_to_order,
  coalesce(influenced.time_to_order <= interval '168 hours', false) as is_order_within_7_days,
  influenced.order_id is not null as is_order_within_30_days,
  case
    when influenced.order_id is null then 0
    else influenced.net_revenue
  end as influenced_net_reporting,
  organizations.reporting_currency
from conversations
inner join {{ ref('stg_crm__organizations') }} as organizations
  on conversations.organization_id = organizations.organization_id
left join contacts
  on
    conversations.organization_id = contacts.organization_id
    and conversations.contact_id = contacts.contact_id
left join influenced
  on
    conversations.organization_id = influenced.organization_id
    and conversations.conversation_id = influenced.conversation_id
