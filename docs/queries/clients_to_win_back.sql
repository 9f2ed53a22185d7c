-- Good clients who have not come back for long: worth a call by whom they are assigned to.
select
  organization_id,
  client_id,
  assigned_to,
  total_orders,
  net_revenue,
  reporting_currency,
  last_order_day,
  p_alive
from marts.dim_clients
where rfm_segment = 'at_risk' and rfm_monetary_score >= 3
order by organization_id asc, net_revenue desc, client_id asc
