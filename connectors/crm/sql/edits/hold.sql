-- The store lets the CRM win: what people changed in its rows is held from now on. An edit released
-- before a newer one of the same column is held again with it.
--
-- Expects organization_id, store_id and arrays of equal length: tables, columns (those that may be
-- held).
update sync.field_edits as e
set state = 'held', store_id = %(store_id)s
where
  e.organization_id = %(organization_id)s
  and e.settled_at is null
  and e.state in ('open', 'released')
  and (e.table_name, e.column_name) in (
    select
      s.table_name,
      s.column_name
    from unnest(%(tables)s::text [], %(columns)s::text []) as s (table_name, column_name)
  )
  and exists (
    select
    from sync.field_edits as n
    where
      n.organization_id = e.organization_id
      and n.row_id = e.row_id
      and n.column_name = e.column_name
      and n.settled_at is null
      and n.state = 'open'
      and n.id >= e.id
  )
  and exists (
    select
    from sync.record_map as m
    where
      m.organization_id = e.organization_id
      and m.crm_id = e.row_id
      and m.store_id = %(store_id)s
  )
