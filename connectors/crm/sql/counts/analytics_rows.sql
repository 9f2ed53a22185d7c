-- Size of each of the five views, over all organizations: a plot that drops tells of trouble.
-- Expects nothing. Returns view_name, row_count.
select
  'analytics_deal_metrics' as view_name,
  count(*) as row_count
from public.analytics_deal_metrics
union all
select
  'analytics_client_metrics',
  count(*)
from public.analytics_client_metrics
union all
select
  'analytics_revenue_metrics',
  count(*)
from public.analytics_revenue_metrics
union all
select
  'analytics_chatbot_effectiveness',
  count(*)
from public.analytics_chatbot_effectiveness
union all
select
  'analytics_channel_performance',
  count(*)
from public.analytics_channel_performance
