-- Whose is this order of a store? Expects organization_id, store_id, external_id (of the order).
-- Returns the client, nothing for the walk-in client, who is nobody.
select o.client_id
from sync.record_map as m
inner join public.crm_orders as o on m.organization_id = o.organization_id and m.crm_id = o.id
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'orders'
  and m.external_id = %(external_id)s
  and not exists (
    select
    from sync.record_map as w
    where
      w.organization_id = m.organization_id
      and w.crm_id = o.client_id
      and w.entity = 'guests'
      and w.external_id = 'walk-in'
  )
