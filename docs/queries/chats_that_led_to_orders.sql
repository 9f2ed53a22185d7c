-- Conversations per month and who handled them, with the orders that followed within seven days.
select
  organization_id,
  date_trunc('month', started_day::timestamp)::date as period_month,
  handled_by,
  count(*) as conversations,
  count(*) filter (where is_order_within_7_days) as with_an_order,
  sum(influenced_net_reporting) filter (where is_order_within_7_days) as net_revenue,
  reporting_currency
from marts.fct_chat_to_order
group by
  organization_id,
  date_trunc('month', started_day::timestamp)::date,
  handled_by,
  reporting_currency
order by organization_id, period_month, handled_by
