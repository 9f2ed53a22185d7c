-- What the CRM holds of one store and the store has not deleted, counted on the CRM's own rows, not on
-- what sync remembers of them.
-- Expects organization_id, store_id. Returns stream, currency (null for people), row_count, total,
-- refunded; the sums are in the currency, null for anything but orders.
select
  'customers' as stream,
  null as currency,
  count(*) as row_count,
  null::numeric as total,
  null::numeric as refunded
from sync.record_map as m
inner join public.crm_clients as c on m.organization_id = c.organization_id and m.crm_id = c.id
where m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'customers'
  and m.content_hash is not null
  and m.deleted_at is null
union all
select
  'products',
  p.currency,
  count(*),
  null,
  null
from sync.record_map as m
inner join public.crm_products as p on m.organization_id = p.organization_id and m.crm_id = p.id
where m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'products'
  and m.deleted_at is null
group by p.currency
union all
select
  'orders',
  o.currency,
  count(*),
  sum(o.total),
  sum(o.refunded_total)
from sync.record_map as m
inner join public.crm_orders as o on m.organization_id = o.organization_id and m.crm_id = o.id
where m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'orders'
  and m.deleted_at is null
group by o.currency
