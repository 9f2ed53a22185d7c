-- What the comparison has to know of these clients. Expects organization_id, client_ids.
-- Returns id, whether it has a chat contact, whether it is the walk-ins' client, created_at, and its
-- persons: JSON of store_id, entity, external_id, is_nameless (a customer record whose person was
-- made a client when neither e-mail nor phone was known of him).
select
  c.id,
  c.contact_id is not null as has_contact,
  c.created_at,
  coalesce(
    jsonb_agg(
      jsonb_build_object(
        'store_id', m.store_id,
        'entity', m.entity,
        'external_id', m.external_id,
        'is_nameless', m.content_hash is not null and m.entity = 'customers'
        and coalesce(f.reason = 'new' and f.evidence = '{}', false)
      )
      order by m.store_id, m.entity, m.external_id
    ) filter (where m.store_id is not null),
    '[]'
  ) as persons
from public.crm_clients as c
left join sync.record_map as m
  on
    m.organization_id = c.organization_id
    and m.entity in ('customers', 'guests')
    and c.id = m.crm_id
left join lateral (
  select
    k.reason,
    k.evidence
  from sync.identity_links as k
  where
    k.organization_id = m.organization_id
    and k.store_id = m.store_id
    and k.entity = m.entity
    and k.external_id = m.external_id
  order by k.id
  limit 1
) as f on true
where c.organization_id = %(organization_id)s and c.id = any(%(client_ids)s::uuid [])
group by c.id
order by c.id
