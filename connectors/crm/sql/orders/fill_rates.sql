-- Orders that waited for an exchange rate which is known by now. Expects organization_id.
-- A partial index finds them, so that asking after every sync costs nothing.
update public.crm_orders as r
set exchange_rate = q.rate
from (
  select
    w.id,
    sync.exchange_rate(
      w.currency, o.reporting_currency, (w.order_date at time zone 'UTC')::date
    ) as rate
  from public.crm_orders as w
  inner join public.organizations as o on w.organization_id = o.id
  where w.organization_id = %(organization_id)s and w.exchange_rate is null
) as q
where r.organization_id = %(organization_id)s and r.id = q.id and q.rate is not null
