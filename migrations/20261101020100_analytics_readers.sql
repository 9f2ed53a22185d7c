-- The application's way to the five analytics views: public.my_analytics_*, one organization's rows.
--
-- A materialized view knows no row security, so nobody but the service role may select from one. Each
-- function below reads one with the owner's rights and returns only the caller's organization; each
-- view over it runs as the caller, so that the API can filter and sort it like a table.
--
-- The functions' bodies are strings, which bind no dependency: dbt may drop and rebuild the
-- materialized views underneath, and they may be made before dbt has ever run. The views depend on
-- the functions only. API roles get no usage on schema private: a view's body is bound to its
-- function when it is made, so the right to execute is enough.

create function private.my_analytics_deal_metrics()
returns table (
  organization_id uuid,
  stage text,
  owner_id uuid,
  deal_count bigint,
  total_value numeric,
  avg_deal_size numeric,
  won_value numeric,
  lost_value numeric,
  avg_probability numeric,
  avg_deal_cycle_days numeric,
  period_month timestamptz
)
language plpgsql stable security definer set search_path = ''
as $$
begin
  return query
  select
    a.organization_id,
    a.stage,
    a.owner_id,
    a.deal_count,
    a.total_value,
    a.avg_deal_size,
    a.won_value,
    a.lost_value,
    a.avg_probability,
    a.avg_deal_cycle_days,
    a.period_month
  from public.analytics_deal_metrics as a
  where a.organization_id = (select private.my_organization_id());
end
$$;

create view public.my_analytics_deal_metrics
with (security_invoker = true) as
select
  my.organization_id,
  my.stage,
  my.owner_id,
  my.deal_count,
  my.total_value,
  my.avg_deal_size,
  my.won_value,
  my.lost_value,
  my.avg_probability,
  my.avg_deal_cycle_days,
  my.period_month
from private.my_analytics_deal_metrics() as my;

comment on view public.my_analytics_deal_metrics is
'The rows of analytics_deal_metrics that belong to the caller''s organization.';

revoke all on function private.my_analytics_deal_metrics()
from public, anon, authenticated, service_role;
grant execute on function private.my_analytics_deal_metrics() to authenticated;
revoke all on public.my_analytics_deal_metrics
from public, anon, authenticated, service_role;
grant select on public.my_analytics_deal_metrics to authenticated;

create function private.my_analytics_client_metrics()
returns table (
  organization_id uuid,
  lifecycle_stage text,
  client_type text,
  source text,
  assigned_to uuid,
  client_count bigint,
  total_revenue numeric,
  avg_revenue_per_client numeric,
  avg_orders_per_client numeric,
  avg_order_value numeric,
  avg_lead_score numeric,
  period_month timestamptz
)
language plpgsql stable security definer set search_path = ''
as $$
begin
  return query
  select
    a.organization_id,
    a.lifecycle_stage,
    a.client_type,
    a.source,
    a.assigned_to,
    a.client_count,
    a.total_revenue,
    a.avg_revenue_per_client,
    a.avg_orders_per_client,
    a.avg_order_value,
    a.avg_lead_score,
    a.period_month
  from public.analytics_client_metrics as a
  where a.organization_id = (select private.my_organization_id());
end
$$;

create view public.my_analytics_client_metrics
with (security_invoker = true) as
select
  my.organization_id,
  my.lifecycle_stage,
  my.client_type,
  my.source,
  my.assigned_to,
  my.client_count,
  my.total_revenue,
  my.avg_revenue_per_client,
  my.avg_orders_per_client,
  my.avg_order_value,
  my.avg_lead_score,
  my.period_month
from private.my_analytics_client_metrics() as my;

comment on view public.my_analytics_client_metrics is
'The rows of analytics_client_metrics that belong to the caller''s organization.';

revoke all on function private.my_analytics_client_metrics()
from public, anon, authenticated, service_role;
grant execute on function private.my_analytics_client_metrics() to authenticated;
revoke all on public.my_analytics_client_metrics
from public, anon, authenticated, service_role;
grant select on public.my_analytics_client_metrics to authenticated;

create function private.my_analytics_revenue_metrics()
returns table (
  organization_id uuid,
  total_revenue numeric,
  unique_customers bigint,
  order_count bigint,
  avg_order_value numeric,
  delivered_revenue numeric,
  lost_revenue numeric,
  period_day timestamptz,
  period_week timestamptz,
  period_month timestamptz,
  period_year timestamptz
)
language plpgsql stable security definer set search_path = ''
as $$
begin
  return query
  select
    a.organization_id,
    a.total_revenue,
    a.unique_customers,
    a.order_count,
    a.avg_order_value,
    a.delivered_revenue,
    a.lost_revenue,
    a.period_day,
    a.period_week,
    a.period_month,
    a.period_year
  from public.analytics_revenue_metrics as a
  where a.organization_id = (select private.my_organization_id());
end
$$;

create view public.my_analytics_revenue_metrics
with (security_invoker = true) as
select
  my.organization_id,
  my.total_revenue,
  my.unique_customers,
  my.order_count,
  my.avg_order_value,
  my.delivered_revenue,
  my.lost_revenue,
  my.period_day,
  my.period_week,
  my.period_month,
  my.period_year
from private.my_analytics_revenue_metrics() as my;

comment on view public.my_analytics_revenue_metrics is
'The rows of analytics_revenue_metrics that belong to the caller''s organization.';

revoke all on function private.my_analytics_revenue_metrics()
from public, anon, authenticated, service_role;
grant execute on function private.my_analytics_revenue_metrics() to authenticated;
revoke all on public.my_analytics_revenue_metrics
from public, anon, authenticated, service_role;
grant select on public.my_analytics_revenue_metrics to authenticated;

create function private.my_analytics_chatbot_effectiveness()
returns table (
  organization_id uuid,
  unique_clients_engaged bigint,
  total_chatbot_interactions bigint,
  successful_interactions bigint,
  avg_interaction_duration_minutes numeric,
  period_day timestamptz
)
language plpgsql stable security definer set search_path = ''
as $$
begin
  return query
  select
    a.organization_id,
    a.unique_clients_engaged,
    a.total_chatbot_interactions,
    a.successful_interactions,
    a.avg_interaction_duration_minutes,
    a.period_day
  from public.analytics_chatbot_effectiveness as a
  where a.organization_id = (select private.my_organization_id());
end
$$;

create view public.my_analytics_chatbot_effectiveness
with (security_invoker = true) as
select
  my.organization_id,
  my.unique_clients_engaged,
  my.total_chatbot_interactions,
  my.successful_interactions,
  my.avg_interaction_duration_minutes,
  my.period_day
from private.my_analytics_chatbot_effectiveness() as my;

comment on view public.my_analytics_chatbot_effectiveness is
'The rows of analytics_chatbot_effectiveness that belong to the caller''s organization.';

revoke all on function private.my_analytics_chatbot_effectiveness()
from public, anon, authenticated, service_role;
grant execute on function private.my_analytics_chatbot_effectiveness() to authenticated;
revoke all on public.my_analytics_chatbot_effectiveness
from public, anon, authenticated, service_role;
grant select on public.my_analytics_chatbot_effectiveness to authenticated;

create function private.my_analytics_channel_performance()
returns table (
  organization_id uuid,
  channel_id uuid,
  channel_name text,
  platform text,
  total_contacts bigint,
  total_messages bigint,
  incoming_messages bigint,
  agent_responses bigint,
  ai_responses bigint,
  period_month timestamptz
)
language plpgsql stable security definer set search_path = ''
as $$
begin
  return query
  select
    a.organization_id,
    a.channel_id,
    a.channel_name,
    a.platform,
    a.total_contacts,
    a.total_messages,
    a.incoming_messages,
    a.agent_responses,
    a.ai_responses,
    a.period_month
  from public.analytics_channel_performance as a
  where a.organization_id = (select private.my_organization_id());
end
$$;

create view public.my_analytics_channel_performance
with (security_invoker = true) as
select
  my.organization_id,
  my.channel_id,
  my.channel_name,
  my.platform,
  my.total_contacts,
  my.total_messages,
  my.incoming_messages,
  my.agent_responses,
  my.ai_responses,
  my.period_month
from private.my_analytics_channel_performance() as my;

comment on view public.my_analytics_channel_performance is
'The rows of analytics_channel_performance that belong to the caller''s organization.';

revoke all on function private.my_analytics_channel_performance()
from public, anon, authenticated, service_role;
grant execute on function private.my_analytics_channel_performance() to authenticated;
revoke all on public.my_analytics_channel_performance
from public, anon, authenticated, service_role;
grant select on public.my_analytics_channel_performance to authenticated;
