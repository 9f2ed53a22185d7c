-- Who came back, by month of the first order and months since.
select
  c.cohort_month,
  c.months_since,
  c.cohort_size,
  c.active_clients,
  c.retention_rate,
  c.cumulative_net_revenue_per_client
from marts.fct_client_cohorts as c
where
  c.organization_id = %(organization_id)s
  and c.cohort_month between %(first_month)s and %(last_day)s
order by c.cohort_month, c.months_since
