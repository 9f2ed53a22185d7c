-- Expects organization_id, order_ids. Returns the orders' rows of the record map as JSON.
select to_jsonb(m)
from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.entity = 'orders'
  and m.crm_id = any(%(order_ids)s::uuid [])
order by m.store_id, m.external_id
