-- The order after the last one looked at, as fill.sql would take it. Expects organization_id, after.
select r.id
from public.crm_orders as r
inner join public.organizations as o on r.organization_id = o.id
where
  r.organization_id = %(organization_id)s
  and r.id > %(after)s
  and (r.currency <> o.reporting_currency or r.exchange_rate is distinct from 1)
order by r.id
limit 1
