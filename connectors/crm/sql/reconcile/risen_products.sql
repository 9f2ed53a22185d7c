-- Products that the store has no more and that are active again, by nobody's edit: changed where no
-- trigger saw it. Expects organization_id, store_id. Returns the rows' ids and their records'.
select
  p.id,
  m.external_id
from sync.record_map as m
inner join public.crm_products as p
  on m.organization_id = p.organization_id and m.crm_id = p.id
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'products'
  and m.deleted_at is not null
  and m.content_hash is null
  and p.is_active is distinct from false
  -- An edit that waits is the next sync's, and one that is held stays.
  and not exists (
    select
    from sync.field_edits as e
    where
      e.organization_id = m.organization_id
      and e.row_id = m.crm_id
      and e.column_name = 'is_active'
      and e.settled_at is null
  )
order by p.id
