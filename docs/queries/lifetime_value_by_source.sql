-- What a client from each source has brought so far, and is expected to bring within a year. NULL where
-- nothing is predicted of any of them; nobody is predicted who has not bought yet.
select
  organization_id,
  source,
  reporting_currency,
  count(*) as clients,
  count(*) filter (where total_orders > 0) as buyers,
  sum(net_revenue) as net_revenue,
  sum(net_revenue) / count(*) as net_revenue_per_client,
  sum(predicted_ltv_365d) as expected_in_a_year
from marts.dim_clients
group by organization_id, source, reporting_currency
order by organization_id, source
