-- How long customers waited for an answer, by UTC week of the question and by who answered. Questions
-- nobody answered have no time and are counted apart.
select
  date_trunc('week', t.asked_day::timestamp)::date as week,
  t.answered_by,
  count(*) as turns,
  percentile_cont(0.5) within group (order by t.response_seconds) as median_seconds,
  percentile_cont(0.9) within group (order by t.response_seconds) as p90_seconds
from marts.fct_response_times as t
where
  t.organization_id = %(organization_id)s
  and t.asked_day between %(first_day)s and %(last_day)s
group by date_trunc('week', t.asked_day::timestamp), t.answered_by
order by week, t.answered_by
