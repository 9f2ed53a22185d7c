-- Customers who are still there although orders have left them: those were handed over, not merged.
-- Without this, a customer whose one order was corrected to somebody else's would be joined with that
-- person on the day the store deletes him. Expects organization_id, store_id, external_ids (customers).
update sync.record_map as m
set former_person_entity = null, former_person_external_id = null
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'orders'
  and m.former_person_entity = 'customers'
  and m.former_person_external_id = any(%(external_ids)s::text [])
