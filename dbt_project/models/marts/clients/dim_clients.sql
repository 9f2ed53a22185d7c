{{ config(unique_key=['organization_id', 'client_id']) }}

with bought as (
  select
    organization_id,
    client_id,
    count(*) as total_orders,
    coalesce(sum(net_reporting), 0) as net_revenue,
    count(*) filter (where net_reporting is null) as unrated_orders,
    min(order_day) as first_order_day,
    max(order_day) as last_order_day
  from {{ ref('fct_orders') }}
  where not is_lost
  group by organization_id, client_id
),

placed as (
  -- The place in the organization is the number of buyers who are worse, so that equal ones share it.
  select
    organization_id,
    client_id,
    count(*) over (partition by organization_id) as buyers,
    rank() over (partition by organization_id order by last_order_day) - 1 as less_recent,
    rank() over (partition by organization_id order by total_orders) - 1 as less_frequent,
    rank() over (partition by organization_id order by net_revenue) - 1 as less_revenue
  from bought
),

scored as (
  select
    organization_id,
    client_id,
    (1 + 5 * less_recent / buyers)::integer as recency,
    (1 + 5 * less_frequent / buyers)::integer as frequency,
    (1 + 5 * less_revenue / buyers)::integer as monetary
  from placed
),

deals as (
  select
    organization_id,
    client_id,
    count(*) filter (where stage not in ('closed_won', 'closed_lost')) as open_deals,
    count(*) filter (where stage = 'closed_won') as won_deals
  from {{ ref('stg_crm__deals') }}
  group by organization_id, client_id
),

activities as (
  select
    organization_id,
    client_id,
    count(*) as activities
  from {{ ref('stg_crm__activities') }}
  where client_id is not null
  group by organization_id, client_id
),

messages as (
  select
    organization_id,
    contact_id,
    count(*) filter (where sender_type = 'user') as messages_in,
    count(*) filter (where sender_type in ('agent', 'ai')) as messages_out,
    max(sent_at) filter (where sender_type <> 'system') as last_message_at
  from {{ ref('stg_crm__messages') }}
  group by organization_id, contact_id
),

store_customers as (
  select distinct
    organization_id,
    crm_id as client_id
  from {{ ref('stg_sync__record_map') }}
  where entity in ('customers', 'guests')
)

select
  clients.organization_id,
  clients.client_id,
  clients.client_type,
  clients.lifecycle_stage,
  clients.source,
  clients.assigned_to,
  clients.lead_score,
  clients.lead_quality,
  clients.has_email,
  clients.has_phone,
  clients.contact_id is not null as is_chat_client,
  clients.ecommerce_customer_id is not null or store_customers.client_id is not null
    as is_store_customer,
  clients.created_at,
  clients.first_contact_date as first_contact_at,
  clients.last_contact_date as last_contact_at,
  organizations.reporting_currency,
  coalesce(bought.total_orders, 0) as total_orders,
  coalesce(bought.net_revenue, 0) as net_revenue,
  coalesce(bought.unrated_orders, 0) as unrated_orders,
  bought.net_revenue / nullif(bought.total_orders, 0) as average_order_value,
  bought.first_order_day,
  bought.last_order_day,
  bought.last_order_day - bought.first_order_day as order_span_days,
  (bought.last_order_day - bought.first_order_day)::numeric / nullif(bought.total_orders - 1, 0)
    as days_between_orders,
  coalesce(deals.open_deals, 0) as open_deals,
  coalesce(deals.won_deals, 0) as won_deals,
  coalesce(activities.activities, 0) as activities,
  coalesce(messages.messages_in, 0) as messages_in,
  coalesce(messages.messages_out, 0) as messages_out,
  messages.last_message_at,
  scored.recency as rfm_recency_score,
  scored.frequency as rfm_frequency_score,
  scored.monetary as rfm_monetary_score,
  case
    when scored.recency >= 4 and scored.frequency >= 4 then 'champions'
    when scored.recency >= 3 and scored.frequency >= 3 then 'loyal'
    when scored.recency >= 4 then 'promising'
    when scored.recency = 3 then 'needs_attention'
    when scored.frequency >= 3 then 'at_risk'
    when scored.recency = 2 then 'hibernating'
    when scored.recency = 1 then 'lost'
  end as rfm_segment,
  -- Made before the organization chose another reporting currency, it is no amount in this one.
  case
    when predictions.reporting_currency = organizations.reporting_currency
      then predictions.predicted_ltv_365d
  end as predicted_ltv_365d,
  predictions.p_alive,
  coalesce(predictions.ltv_method, 'historic_only') as ltv_method
from {{ ref('stg_crm__clients') }} as clients
inner join {{ ref('stg_crm__organizations') }} as organizations
  on clients.organization_id = organizations.organization_id
left join bought
  on clients.organization_id = bought.organization_id and clients.client_id = bought.client_id
left join scored
  on clients.organization_id = scored.organization_id and clients.client_id = scored.client_id
left join deals
  on clients.organization_id = deals.organization_id and clients.client_id = deals.client_id
left join activities
  on
    clients.organization_id = activities.organization_id
    and clients.client_id = activities.client_id
left join messages
  on
    clients.organization_id = messages.organization_id
    and clients.contact_id = messages.contact_id
left join store_customers
  on
    clients.organization_id = store_customers.organization_id
    and clients.client_id = store_customers.client_id
left join {{ ref('stg_sync__client_ltv_predictions') }} as predictions
  on
    clients.organization_id = predictions.organization_id
    and clients.client_id = predictions.client_id
