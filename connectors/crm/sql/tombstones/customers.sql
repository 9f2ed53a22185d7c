-- Customers that the store has no more: the client stays, inactive, unless another customer record
-- still speaks for it. Expects organization_id, store_id, load_id, external_ids. Returns the ids
-- marked.
--
-- Without the hash the record counts as new, should the store ever have it again.
with gone as (
  update sync.record_map as m
  set deleted_at = now(), content_hash = null, load_id = %(load_id)s, updated_at = now()
  where
    m.organization_id = %(organization_id)s
    and m.store_id = %(store_id)s
    and m.entity = 'customers'
    and m.external_id = any(%(external_ids)s::text [])
    -- One in the trash that is now deleted for good loses its hash as well.
    and (m.deleted_at is null or m.content_hash is not null)
  returning m.external_id, m.crm_id
),

ended as (
  update public.crm_clients as c
  set client_type = 'inactive'
  where
    c.organization_id = %(organization_id)s
    and c.id in (select g.crm_id from gone as g)
    and c.client_type is distinct from 'inactive'
    and not exists (
      select
      from sync.record_map as m
      where
        m.organization_id = %(organization_id)s
        and m.crm_id = c.id
        and m.entity = 'customers'
        and m.deleted_at is null
        -- The statement still sees the rows it is marking.
        and not (m.store_id = %(store_id)s and m.external_id = any(%(external_ids)s::text []))
    )
  returning c.id
)

select
  g.external_id,
  (select count(*) from ended) as clients_ended
from gone as g
