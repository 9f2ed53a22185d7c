-- Edits in which no store has a say: of rows that are gone, of clients whom no customer record of a
-- store describes (orders only fill gaps), of rows whose record the store has no more.
--
-- Where the CRM wins, what is held stays so for whatever customer record comes to describe the client.
-- Rows of other stores only are left to those: they may let the CRM win.
--
-- Expects organization_id, store_id, run_id, states (those that may be settled) and totals (columns
-- that the orders come to).
update sync.field_edits as e
set
  state = case when exists (
    select
    from sync.record_map as m
    where m.organization_id = e.organization_id and m.crm_id = e.row_id
  ) then 'kept' else 'gone' end,
  settled_at = now(),
  run_id = %(run_id)s,
  store_id = %(store_id)s
where
  e.organization_id = %(organization_id)s
  and e.settled_at is null
  and e.column_name is not null
  and e.column_name <> all(%(totals)s::text [])
  and (
    not exists (
      select
      from sync.record_map as m
      where m.organization_id = e.organization_id and m.crm_id = e.row_id
    )
    or (
      (e.state <> 'held' or e.state = any(%(states)s::text []))
      and exists (
        select
        from sync.record_map as m
        where
          m.organization_id = e.organization_id
          and m.crm_id = e.row_id
          and m.store_id = %(store_id)s
      )
    )
  )
  and not exists (
    select
    from sync.record_map as m
    where
      m.organization_id = e.organization_id
      and m.crm_id = e.row_id
      and m.entity in ('customers', 'products', 'orders')
      and m.content_hash is not null
  )
