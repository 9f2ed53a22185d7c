-- Expects name. Returns id (an organization_id), reporting currency, and whether it has orders.
select
  o.id::text,
  o.reporting_currency,
  (
    select r.id
    from public.crm_orders as r
    where r.organization_id = o.id
    order by r.id
    limit 1
  ) is not null as has_orders
from public.organizations as o
where o.name = %(name)s
order by o.created_at, o.id
