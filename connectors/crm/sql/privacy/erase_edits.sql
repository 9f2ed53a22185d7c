-- What people typed over, and what stood there; of rows that somebody removed since, too: the ledger
-- outlives them, and their record or an address in it tells whose they were.
--
-- Expects organization_id, client_ids, order_ids, emails and arrays of equal length: record_stores,
-- record_entities, record_ids. Returns the edits written: that there was one, when and of which
-- column, stays.
with removed as (
  select r.row_id
  from unnest(
    %(record_stores)s::uuid [], %(record_entities)s::text [], %(record_ids)s::text []
  ) as s (store_id, entity, external_id)
  inner join sync.field_edits as r
    on
      r.organization_id = %(organization_id)s
      and s.store_id = r.store_id
      and s.entity = r.stream
      and s.external_id = r.external_id
  where r.column_name is null
  union
  select r.row_id
  from sync.field_edits as r
  where
    r.organization_id = %(organization_id)s
    and r.table_name = 'crm_clients'
    and r.column_name = 'email'
    and (
      lower(r.earlier_value #>> '{}') = any(%(emails)s::text [])
      or lower(r.new_value #>> '{}') = any(%(emails)s::text [])
    )
    and not exists (
      select
      from public.crm_clients as c
      where c.organization_id = %(organization_id)s and c.id = r.row_id
    )
)

update sync.field_edits as e
set earlier_value = null, new_value = null
where
  e.organization_id = %(organization_id)s
  and (
    (
      e.table_name = 'crm_clients'
      and (
        e.row_id = any(%(client_ids)s::uuid [])
        or e.row_id in (select g.row_id from removed as g)
      )
      and e.column_name in ('company_name', 'full_name', 'email', 'phone', 'address')
    )
    or (
      e.table_name = 'crm_orders'
      and (
        e.row_id = any(%(order_ids)s::uuid [])
        or e.row_id in (select g.row_id from removed as g)
      )
      and e.column_name in ('shipping_address', 'tracking_number')
    )
  )
  and num_nonnulls(e.earlier_value, e.new_value) > 0
returning e.id
