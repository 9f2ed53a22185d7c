-- Which client is this customer of a store? Expects organization_id, store_id, external_id.
select m.crm_id
from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity in ('customers', 'guests')
  and m.external_id = %(external_id)s
  and m.external_id <> 'walk-in'
