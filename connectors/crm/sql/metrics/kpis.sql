-- The figures an organization is looked at by first. Money is in its reporting currency, except the
-- deals', which are summed as entered.
-- Expects %(organization_id)s. Returns one row, or none when there is no such organization.
with orders as (
  select
    coalesce(sum(o.net_revenue), 0) as total_revenue,
    count(*) filter (where o.status not in ('cancelled', 'refunded')) as order_count,
    count(*) filter (where o.status in ('cancelled', 'refunded')) as lost_order_count
  from public.crm_orders as o
  where o.organization_id = %(organization_id)s
),

clients as (
  select
    count(*) as client_count,
    count(*) filter (where c.client_type = 'customer') as customer_count
  from public.crm_clients as c
  where c.organization_id = %(organization_id)s
),

deals as (
  select
    count(*) filter (where d.closed_on is null) as open_deal_count,
    count(*) filter (where d.stage = 'closed_won') as won_deal_count,
    count(*) filter (where d.stage = 'closed_lost') as lost_deal_count
  from public.crm_deals as d
  where d.organization_id = %(organization_id)s
)

select
  n.id::text as organization_id,
  n.name as organization_name,
  n.reporting_currency,
  o.total_revenue,
  o.order_count,
  o.lost_order_count,
  o.total_revenue / nullif(o.order_count, 0) as avg_order_value,
  c.client_count,
  c.customer_count,
  -- Every order has a client, so the clients' lifetime values sum to the revenue.
  o.total_revenue / nullif(c.client_count, 0) as avg_client_ltv,
  d.open_deal_count,
  d.won_deal_count,
  d.lost_deal_count,
  public.calculate_win_rate(n.id) as win_rate
from public.organizations as n
cross join orders as o
cross join clients as c
cross join deals as d
where n.id = %(organization_id)s
