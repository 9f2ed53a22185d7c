-- The CRM's own rows of a store's live orders placed in a span, at a glance.
-- Expects organization_id, store_id, placed_from, placed_before. Returns external_id, order_date, status,
-- currency, total, refunded_total.
select
  m.external_id,
  o.order_date,
  o.status,
  o.currency,
  o.total,
  o.refunded_total
from public.crm_orders as o
inner join sync.record_map as m
  on o.organization_id = m.organization_id and o.id = m.crm_id and m.entity = 'orders'
where
  o.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and o.order_date >= %(placed_from)s
  and o.order_date < %(placed_before)s
  and m.content_hash is not null
  and m.deleted_at is null
