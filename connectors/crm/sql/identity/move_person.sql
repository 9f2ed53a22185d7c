-- A person is another client from now on. Expects organization_id, store_id, entity, external_id,
-- client_id.
update sync.record_map_clients as m
set crm_id = %(client_id)s, updated_at = now()
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = %(entity)s
  and m.external_id = %(external_id)s
