-- What people changed in the rows of one store, newest first.
--
-- Expects organization_id, store_id, is_settled (settled ones too), most (rows). Returns id, table,
-- stream, external_id (else the row's id), column (null: the row was removed), edited_at, by, state,
-- settled_at, run_id. No values: they may be personal. A row of several stores is listed for each.
select
  e.id,
  e.table_name,
  coalesce(m.entity, e.stream) as stream,
  coalesce(m.external_id, e.external_id, e.row_id::text) as external_id,
  e.column_name,
  e.edited_at,
  coalesce(e.author_id::text, e.login) as edited_by,
  e.state,
  e.settled_at,
  e.run_id
from sync.field_edits as e
left join lateral (
  select
    k.entity,
    k.external_id
  from sync.record_map as k
  where
    k.organization_id = e.organization_id
    and k.crm_id = e.row_id
    and k.store_id = %(store_id)s
    and k.entity in ('customers', 'products', 'orders')
  order by k.created_at, k.external_id
  limit 1
) as m on true
where
  e.organization_id = %(organization_id)s
  and (e.store_id = %(store_id)s or m.external_id is not null)
  and (%(is_settled)s or e.settled_at is null)
order by e.id desc
limit %(most)s
