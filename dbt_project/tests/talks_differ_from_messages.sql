{{ config(meta={'dagster': {'ref': {'name': 'fct_chat_to_order'}}}) }}

{#
  A hit is an organization of whose messages or chatbot interactions some are in no conversation or in
  two, or of whose questions some are in no turn. Whoever changed fct_chat_to_order or
  fct_response_times looks.

  What was written while this build ran may or may not be in the marts yet, so such organizations are
  judged by the next build.
#}
with settled as (
  select organizations.organization_id
  from {{ ref('stg_crm__organizations') }} as organizations
  where
    not exists (
      select 1
      from {{ ref('stg_crm__contacts') }} as contacts
      where
        organizations.organization_id = contacts.organization_id
        and contacts.updated_at >= '{{ run_started_at }}'
    )
    and not exists (
      select 1
      from {{ ref('stg_crm__activities') }} as activities
      where
        organizations.organization_id = activities.organization_id
        and activities.updated_at >= '{{ run_started_at }}'
    )
),

messages as (
  select
    organization_id,
    count(*) as messages,
    count(*) filter (where sender_type = 'user') as questions
  from {{ ref('stg_crm__messages') }}
  where sender_type <> 'system'
  group by organization_id
),

interactions as (
  select
    organization_id,
    count(*) as interactions
  from {{ ref('stg_crm__activities') }}
  where activity_type = 'chatbot_interaction'
  group by organization_id
),

talks as (
  select
    organization_id,
    sum(messages) as messages,
    sum(chatbot_interactions) as interactions
  from {{ ref('fct_chat_to_order') }}
  group by organization_id
),

turns as (
  select
    organization_id,
    sum(user_messages) as questions
  from {{ ref('fct_response_times') }}
  group by organization_id
)

select
  settled.organization_id,
  messages.messages,
  talks.messages as messages_found,
  interactions.interactions,
  talks.interactions as interactions_found,
  messages.questions,
  turns.questions as questions_found
from settled
left join messages on settled.organization_id = messages.organization_id
left join interactions on settled.organization_id = interactions.organization_id
left join talks on settled.organization_id = talks.organization_id
left join turns on settled.organization_id = turns.organization_id
where
  coalesce(messages.messages, 0) <> coalesce(talks.messages, 0)
  or coalesce(interactions.interactions, 0) <> coalesce(talks.interactions, 0)
  or coalesce(messages.questions, 0) <> coalesce(turns.questions, 0)
