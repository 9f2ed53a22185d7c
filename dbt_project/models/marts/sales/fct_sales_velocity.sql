{{ config(unique_key=['organization_id', 'currency', 'owner_id', 'close_month']) }}

with deals as (
  select
    organization_id,
    currency,
    owner_id,
    stage,
    deal_value,
    closed_on,
    (created_at at time zone 'UTC')::date as created_on,
    date_trunc('month', created_at at time zone 'UTC')::date as created_month,
    -- Through a timestamp without time zone: a date would be read in the session's.
    date_trunc('month', closed_on::timestamp)::date as close_month
  from {{ ref('stg_crm__deals') }}
),

-- A deal is open from the month it was created until that in which it closed, or never if that came
-- first: one more, and one less.
changes as (
  select
    organization_id,
    currency,
    owner_id,
    created_month as month,
    1 as open_change
  from deals
  union all
  select
    organization_id,
    currency,
    owner_id,
    greatest(created_month, close_month) as month,
    -1 as open_change
  from deals
  where close_month is not null
  union all
  -- So that each month of closing has a figure, even where its deals were entered after it.
  select
    organization_id,
    currency,
    owner_id,
    close_month as month,
    0 as open_change
  from deals
  where close_month is not null
),

open_at_end as (
  select
    organization_id,
    currency,
    owner_id,
    month,
    sum(sum(open_change)) over (
      partition by organization_id, currency, owner_id
      order by month asc
    )::bigint as open_deals
  from changes
  group by organization_id, currency, owner_id, month
),

closed as (
  select
    organization_id,
    currency,
    owner_id,
    close_month,
    count(*) as closed_deals,
    count(*) filter (where stage = 'closed_won') as won_deals,
    count(*) filter (where stage = 'closed_lost') as lost_deals,
    coalesce(sum(deal_value) filter (where stage = 'closed_won'), 0) as won_value_amount,
    coalesce(sum(deal_value) filter (where stage = 'closed_lost'), 0) as lost_value_amount,
    -- A deal entered after it was closed took no days, not a negative number of them.
    avg(greatest(0, closed_on - created_on)) as avg_cycle_days
  from deals
  where closed_on is not null
  group by organization_id, currency, owner_id, close_month
)

select
  closed.organization_id,
  closed.currency,
  closed.owner_id,
  closed.close_month,
  closed.closed_deals,
  closed.won_deals,
  closed.lost_deals,
  round(100.0 * closed.won_deals / closed.closed_deals, 2) as win_rate,
  closed.won_value_amount,
  closed.lost_value_amount,
  closed.won_value_amount / nullif(closed.won_deals, 0) as avg_won_value_amount,
  closed.avg_cycle_days,
  open_at_end.open_deals,
  -- Share won times their mean value is the won value per closed deal: nothing is rounded between.
  case
    when closed.won_deals > 0
      then
        open_at_end.open_deals
        * closed.won_value_amount
        / closed.closed_deals
        / nullif(closed.avg_cycle_days, 0)
  end as velocity_per_day_amount
from closed
inner join open_at_end
  on
    closed.organization_id = open_at_end.organization_id
    and closed.currency = open_at_end.currency
    and closed.owner_id is not distinct from open_at_end.owner_id
    and closed.close_month = open_at_end.month
