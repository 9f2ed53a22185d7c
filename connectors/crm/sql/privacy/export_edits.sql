-- What people changed in the rows of these persons, those that were removed since too, as JSON.
-- Expects and finds the rows as erase_edits does.
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

select to_jsonb(e)
from sync.field_edits as e
where
  e.organization_id = %(organization_id)s
  and (
    e.row_id in (select g.row_id from removed as g)
    or (e.table_name = 'crm_clients' and e.row_id = any(%(client_ids)s::uuid []))
    or (e.table_name = 'crm_orders' and e.row_id = any(%(order_ids)s::uuid []))
  )
order by e.id
