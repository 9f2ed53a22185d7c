-- Expects organization_id, order_ids. Amounts, items, dates and states stay; where the parcel went
-- does not. Returns the ids of the orders that held something.
update public.crm_orders as o
set shipping_address = null, tracking_number = null
where
  o.organization_id = %(organization_id)s
  and o.id = any(%(order_ids)s::uuid [])
  and num_nonnulls(o.shipping_address, o.tracking_number) > 0
returning o.id
