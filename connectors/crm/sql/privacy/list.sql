-- Expects organization_id, store_key, id (each NULL for any), row_limit. Returns Erasure's fields in
-- order, newest first.
select
  e.id,
  e.organization_id::text,
  s.key,
  e.scope,
  e.is_everything,
  e.requested_by,
  e.run_id,
  e.erased_at,
  e.client_ids,
  e.counts
from sync.erasures as e
left join sync.stores as s on e.organization_id = s.organization_id and e.store_id = s.id
where
  (%(organization_id)s::uuid is null or e.organization_id = %(organization_id)s::uuid)
  and (%(store_key)s::text is null or s.key = %(store_key)s::text)
  and (%(id)s::bigint is null or e.id = %(id)s::bigint)
order by e.id desc
limit %(row_limit)s
