-- Every order is with the client of the person behind it, whenever it was loaded: those of the two
-- clients that are with the wrong one move. Expects organization_id, one_id, other_id.
update public.crm_orders as r
set client_id = p.crm_id
from sync.record_map_orders as o
inner join sync.record_map_clients as p
  on
    o.organization_id = p.organization_id
    and o.store_id = p.store_id
    and o.person_entity = p.entity
    and o.person_external_id = p.external_id
where
  r.organization_id = %(organization_id)s
  and r.client_id = any(array[%(one_id)s, %(other_id)s]::uuid [])
  and o.organization_id = r.organization_id
  and o.crm_id = r.id
  and p.crm_id = any(array[%(one_id)s, %(other_id)s]::uuid [])
  and r.client_id <> p.crm_id
