-- Orders that the store has no more and that are not cancelled any more, by nobody's edit: changed where no
-- trigger saw it. Expects organization_id, store_id. Returns the rows' ids and their records'.
select
  o.id,
  m.external_id
from sync.record_map as m
inner join public.crm_orders as o
  on m.organization_id = o.organization_id and m.crm_id = o.id
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'orders'
  and m.deleted_at is not null
  and m.content_hash is null
  and o.status is distinct from 'cancelled'
  -- An edit that waits is the next sync's, and one that is held stays.
  and not exists (
    select
    from sync.field_edits as e
    where
      e.organization_id = m.organization_id
      and e.row_id = m.crm_id
      and e.column_name = 'status'
      and e.settled_at is null
  )
order by o.id
