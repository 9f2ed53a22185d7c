-- The orders' rows of the record map: why money was given back is somebody's own words.
-- Expects organization_id, order_ids. Returns the ids of the rows that held something.
update sync.record_map as m
set
  details = case
    when m.details ? 'refunds' then jsonb_set(
      m.details,
      '{refunds}',
      (
        select coalesce(jsonb_agg(r.refund - 'reason'), '[]')
        from jsonb_array_elements(m.details -> 'refunds') as r (refund)
      )
    )
    else m.details
  end,
  row_digest = null,
  content_hash = case when m.content_hash is not null then uuid_send(gen_random_uuid()) end,
  erased_at = now(),
  updated_at = now()
where
  m.organization_id = %(organization_id)s
  and m.entity = 'orders'
  and m.crm_id = any(%(order_ids)s::uuid [])
  and m.erased_at is null
returning m.crm_id
