-- Expects organization_id, store_id, entity, external_id. Returns the external ids of the orders.
select o.external_id
from sync.record_map as o
where
  o.organization_id = %(organization_id)s
  and o.store_id = %(store_id)s
  and o.entity = 'orders'
  and o.person_entity = %(entity)s
  and o.person_external_id = %(external_id)s
order by o.external_id
