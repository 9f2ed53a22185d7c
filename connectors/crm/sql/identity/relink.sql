-- Persons who are another client from now on, and why. Expects organization_id, run_id, client_id,
-- reason, evidence, and keys: a JSON array of {store_id, entity, external_id}.
with persons as (
  update sync.record_map_clients as m
  set link_reason = %(reason)s, updated_at = now()
  from
    jsonb_to_recordset(%(keys)s) as k (store_id uuid, entity text, external_id text)
  where
    m.organization_id = %(organization_id)s
    and m.crm_id = %(client_id)s
    and m.store_id = k.store_id
    and m.entity = k.entity
    and m.external_id = k.external_id
  returning m.store_id, m.entity, m.external_id
)

insert into sync.identity_links (
  organization_id, store_id, entity, external_id, client_id, reason, evidence, run_id
)
select
  %(organization_id)s,
  p.store_id,
  p.entity,
  p.external_id,
  %(client_id)s,
  %(reason)s,
  %(evidence)s,
  %(run_id)s
from persons as p
order by p.store_id, p.entity, p.external_id
