-- The store has answered for these, asked after they were noted.
-- Expects organization_id, store_id, stream, external_ids, asked_at.
delete from sync.rereads as r
where
  r.organization_id = %(organization_id)s
  and r.store_id = %(store_id)s
  and r.stream = %(stream)s
  and r.external_id = any(%(external_ids)s::text [])
  and r.noted_at <= %(asked_at)s
