-- Expects organization_id, store_id, stream, external_ids: records that have just been compared.
update sync.record_map as m
set compared_at = now()
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = %(stream)s
  and m.external_id = any(%(external_ids)s::text [])
