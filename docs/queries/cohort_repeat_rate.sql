-- Of the clients who first bought in a month, the share that had bought again three months later.
-- A cohort younger than that has no row.
select
  organization_id,
  cohort_month,
  cohort_size,
  repeat_clients,
  round(100 * repeat_rate, 1) as repeat_percent
from marts.fct_client_cohorts
where months_since = 3
order by organization_id, cohort_month
