{{ config(indexes=[{'columns': ['organization_id', 'period_day'], 'unique': true}]) }}

select
  organization_id,
  count(distinct client_id) as unique_clients_engaged,
  count(*) as total_chatbot_interactions,
  count(*) filter (where status = 'completed') as successful_interactions,
  -- NULL and negative durations say nothing about how long a conversation took.
  avg(
    extract(epoch from completed_at - created_at)
  ) filter (where completed_at >= created_at) / 60 as avg_interaction_duration_minutes,
  date_trunc('day', created_at, 'UTC') as period_day
from {{ ref('stg_crm__activities') }}
where activity_type = 'chatbot_interaction'
group by organization_id, date_trunc('day', created_at, 'UTC')
