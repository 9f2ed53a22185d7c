-- Conversations per month and who handled them, with the orders that followed within seven days. The
-- last seven days are left out: their orders may be still to come.
select
  organization_id,
  date_trunc('month', started_day::timestamp)::date as period_month,
  handled_by,
  count(*) as conversations,
  count(*) filter (where is_order_within_7_days) as with_an_order,
  coalesce(sum(influenced_net_reporting) filter (where is_order_within_7_days), 0) as net_revenue,
  reporting_currency
from marts.fct_chat_to_order
where started_day < (now() at time zone 'UTC')::date - 7
group by
  organization_id,
  date_trunc('month', started_day::timestamp)::date,
  handled_by,
  reporting_currency
order by organization_id, period_month, handled_by
