-- Products that the store has no more become inactive. Expects organization_id, store_id,
-- load_id, external_ids, kept (states of edits that stay). Returns the ids marked.
with gone as (
  update sync.record_map as m
  set deleted_at = now(), content_hash = null, load_id = %(load_id)s, updated_at = now()
  where
    m.organization_id = %(organization_id)s
    and m.store_id = %(store_id)s
    and m.entity = 'products'
    and m.external_id = any(%(external_ids)s::text [])
    -- One in the trash that is now deleted for good loses its hash as well.
    and (m.deleted_at is null or m.content_hash is not null)
  returning m.external_id, m.crm_id
),

ended as (
  update public.crm_products as p
  set is_active = false
  where
    p.organization_id = %(organization_id)s
    and p.id in (select g.crm_id from gone as g)
    and p.is_active is distinct from false
    -- Where the CRM wins, a person has decided on it (docs/ownership.md).
    and not exists (
      select
      from sync.field_edits as e
      where
        e.organization_id = p.organization_id
        and e.row_id = p.id
        and e.column_name = 'is_active'
        and e.settled_at is null
        and e.state = any(%(kept)s::text [])
    )
  returning p.id
)

select
  g.external_id,
  (select count(*) from ended) as products_ended
from gone as g
