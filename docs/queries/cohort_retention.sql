-- Share of each cohort that bought in the months after its first, and what it has brought per client.
-- Without the month that is not over yet.
select
  organization_id,
  cohort_month,
  months_since,
  cohort_size,
  retention_rate,
  cumulative_net_revenue_per_client,
  reporting_currency
from marts.fct_client_cohorts
where months_since <= 12 and order_month < date_trunc('month', now() at time zone 'UTC')::date
order by organization_id, cohort_month, months_since
