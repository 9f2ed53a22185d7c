-- Let the store have its way again in columns that are held: at its next sync.
--
-- Expects organization_id, store_id and ids (null: all of the store's). Returns the ids released.
update sync.field_edits as e
set state = 'released'
where
  e.organization_id = %(organization_id)s
  and e.state = 'held'
  and (%(ids)s::bigint [] is null or e.id = any(%(ids)s::bigint []))
  and exists (
    select
    from sync.record_map as m
    where
      m.organization_id = e.organization_id
      and m.crm_id = e.row_id
      and m.store_id = %(store_id)s
  )
returning e.id
