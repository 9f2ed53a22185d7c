{{ config(unique_key=['organization_id', 'turn_id']) }}

with messages as (
  select
    organization_id,
    contact_id,
    channel_id,
    message_id,
    sender_type,
    sent_at,
    sender_type = 'user' as is_user,
    -- A question and a reply of one instant: the question came first.
    coalesce(lag(sender_type) over in_order, '') <> 'user' as follows_no_user
  from {{ ref('stg_crm__messages') }}
  -- The system's notes neither ask nor answer.
  where sender_type <> 'system'
  window in_order as (
    partition by organization_id, contact_id
    order by sent_at asc, sender_type <> 'user' asc, message_id asc
  )
),

numbered as (
  select
    *,
    is_user and follows_no_user as is_first,
    count(*) filter (where is_user and follows_no_user) over (
      partition by organization_id, contact_id
      order by sent_at asc, not is_user asc, message_id asc
      rows unbounded preceding
    ) as turn_number
  from messages
),

turns as (
  select
    organization_id,
    contact_id,
    (array_agg(message_id) filter (where is_first))[1] as turn_id,
    (array_agg(channel_id) filter (where is_first))[1] as channel_id,
    count(*) filter (where is_user) as user_messages,
    min(sent_at) as asked_at,
    min(sent_at) filter (where sender_type = 'ai') as ai_answered_at,
    min(sent_at) filter (where sender_type = 'agent') as agent_answered_at
  from numbered
  -- What was written to a contact before it ever wrote answers nothing.
  where turn_number > 0
  group by organization_id, contact_id, turn_number
)

select
  turns.organization_id,
  turns.turn_id,
  turns.contact_id,
  turns.channel_id,
  clients.client_id,
  turns.user_messages,
  turns.asked_at,
  (turns.asked_at at time zone 'UTC')::date as asked_day,
  least(turns.ai_answered_at, turns.agent_answered_at) is not null as is_answered,
  -- Of two at the same instant, the person's work counts.
  case
    when turns.agent_answered_at <= coalesce(turns.ai_answered_at, turns.agent_answered_at)
      then 'agent'
    when turns.ai_answered_at is not null then 'ai'
  end as answered_by,
  least(turns.ai_answered_at, turns.agent_answered_at) as answered_at,
  extract(
    epoch from least(turns.ai_answered_at, turns.agent_answered_at) - turns.asked_at
  ) as response_seconds,
  turns.agent_answered_at,
  extract(epoch from turns.agent_answered_at - turns.asked_at) as agent_response_seconds
from turns
left join {{ ref('stg_crm__clients') }} as clients
  on
    turns.organization_id = clients.organization_id
    and turns.contact_id = clients.contact_id
