-- What became of these customers has been looked after.
-- Expects organization_id, store_id, external_ids.
delete from sync.departed_customers as d
where
  d.organization_id = %(organization_id)s
  and d.store_id = %(store_id)s
  and d.external_id = any(%(external_ids)s::text [])
