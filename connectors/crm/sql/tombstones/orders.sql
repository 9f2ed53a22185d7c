-- Orders that the store has no more: cancelled, amounts kept. Expects organization_id, store_id,
-- load_id, external_ids, kept (states of edits that stay), and the clients locked. Returns the ids
-- marked.
with gone as (
  update sync.record_map as m
  set
    deleted_at = now(),
    content_hash = null,
    source_status = 'deleted',
    load_id = %(load_id)s,
    updated_at = now()
  where
    m.organization_id = %(organization_id)s
    and m.store_id = %(store_id)s
    and m.entity = 'orders'
    and m.external_id = any(%(external_ids)s::text [])
    -- One in the trash that is now deleted for good loses its hash as well.
    and (m.deleted_at is null or m.content_hash is not null)
  returning m.external_id, m.crm_id
),

ended as (
  update public.crm_orders as o
  set status = 'cancelled'
  where
    o.organization_id = %(organization_id)s
    and o.id in (select g.crm_id from gone as g)
    and o.status is distinct from 'cancelled'
    -- Where the CRM wins, a person has decided on it (docs/ownership.md).
    and not exists (
      select
      from sync.field_edits as e
      where
        e.organization_id = o.organization_id
        and e.row_id = o.id
        and e.column_name = 'status'
        and e.settled_at is null
        and e.state = any(%(kept)s::text [])
    )
  returning o.id
)

select
  g.external_id,
  (select count(*) from ended) as orders_ended
from gone as g
