{{ config(meta={'dagster': {'ref': {'name': 'fct_win_rates'}}}) }}

{#
  A hit is a dimension whose groups do not add up to all closed deals of the organization: a group is
  missing, stale, or counted twice. Whoever changed the measurement (sql/metrics/win_rates.sql) looks.
#}
with sums as (
  select
    organization_id,
    dimension,
    sum(won_count) as won_count,
    sum(lost_count) as lost_count
  from {{ ref('fct_win_rates') }}
  where is_current
  group by organization_id, dimension
)

select
  sums.organization_id,
  sums.dimension,
  sums.won_count,
  sums.lost_count,
  overall.won_count as overall_won_count,
  overall.lost_count as overall_lost_count
from sums
left join sums as overall
  on
    sums.organization_id = overall.organization_id
    and overall.dimension = 'overall'
where
  (sums.won_count, sums.lost_count)
  is distinct from (overall.won_count, overall.lost_count)
