-- Of the clients who first bought in a month, the share that had bought again by the end of the third
-- month after it. A cohort whose third month is not over has no row: it could still win some.
select
  organization_id,
  cohort_month,
  cohort_size,
  repeat_clients,
  round(100 * repeat_rate, 1) as repeat_percent
from marts.fct_client_cohorts
where months_since = 3 and order_month < date_trunc('month', now() at time zone 'UTC')::date
order by organization_id, cohort_month
