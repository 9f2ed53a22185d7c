-- Doubts that wait for a person, oldest first. Expects organization_id and number, either may be null
-- for all: an operator's list over every tenant. Returns number, organization_id, store, store_id, entity,
-- external_id, client_id, candidate_ids (those that are still there), reason, created_at.
select
  v.id as number,
  v.organization_id,
  s.key as store,
  v.store_id,
  v.entity,
  v.external_id,
  v.client_id,
  array(
    select c.id
    from public.crm_clients as c
    where c.organization_id = v.organization_id and c.id = any(v.candidate_ids)
    order by c.id
  ) as candidate_ids,
  v.reason,
  v.created_at
from sync.identity_reviews as v
inner join sync.stores as s on v.organization_id = s.organization_id and v.store_id = s.id
where
  v.status = 'open'
  and (%(organization_id)s::uuid is null or v.organization_id = %(organization_id)s::uuid)
  and (%(number)s::bigint is null or v.id = %(number)s::bigint)
order by v.id
