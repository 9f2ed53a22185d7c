-- Clients who bought in a month, and how many of them for the first time. Counted from the orders:
-- the daily mart's customers must not be added, as one who comes twice counts twice there.
select
  organization_id,
  date_trunc('month', order_day::timestamp)::date as period_month,
  count(distinct client_id) as clients,
  count(*) filter (where is_first_order) as new_clients,
  count(distinct client_id) - count(*) filter (where is_first_order) as returning_clients
from marts.fct_orders
where not is_lost
group by organization_id, date_trunc('month', order_day::timestamp)::date
order by organization_id, period_month
