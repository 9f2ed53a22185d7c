-- Records to be read again by name, in this sync or the next.
-- Expects organization_id, store_id, run_id, stream, external_ids, reason, is_forced.
insert into sync.rereads as r (
  store_id, stream, external_id, organization_id, reason, is_forced, run_id
)
select
  %(store_id)s,
  %(stream)s,
  s.external_id,
  %(organization_id)s,
  %(reason)s,
  %(is_forced)s,
  %(run_id)s
from (select distinct unnest(%(external_ids)s::text []) as external_id) as s
order by s.external_id
on conflict (store_id, stream, external_id) do update set
  reason = excluded.reason,
  is_forced = r.is_forced or excluded.is_forced,
  run_id = excluded.run_id,
  noted_at = excluded.noted_at
where r.organization_id = excluded.organization_id
