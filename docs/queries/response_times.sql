-- How long people wait for a reply to each question, per channel: half of the answered ones at most, and
-- nine of ten of them. Who was never answered waits in neither: look at questions - answered first.
select
  organization_id,
  channel_id,
  count(*) as questions,
  count(*) filter (where is_answered) as answered,
  percentile_cont(0.5) within group (order by response_seconds) as median_seconds,
  percentile_cont(0.9) within group (order by response_seconds) as seconds_for_nine_of_ten
from marts.fct_response_times
group by organization_id, channel_id
order by organization_id, channel_id
