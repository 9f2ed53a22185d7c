-- Customers that orders about to be written name for the first time: nothing but a reference so far.
-- Expects staged_orders, organization_id, store_id, run_id, and the persons written.
insert into sync.rereads as r (
  store_id, stream, external_id, organization_id, reason, run_id
)
select distinct
  %(store_id)s,
  'customers',
  c.external_id,
  %(organization_id)s,
  'named',
  %(run_id)s
from pg_temp.staged_orders as s
inner join sync.record_map as c
  on
    c.organization_id = %(organization_id)s
    and c.store_id = %(store_id)s
    and c.entity = 'customers'
    and s.person_entity = c.entity
    and s.person_external_id = c.external_id
where
  c.content_hash is null
  and c.deleted_at is null
  -- This transaction's: each is asked for once.
  and c.created_at = now()
  -- One that was refused would be refused again, and be counted twice.
  and not exists (
    select
    from sync.quarantine as q
    where
      q.organization_id = %(organization_id)s
      and q.store_id = %(store_id)s
      and q.stream = 'customers'
      and q.external_id = c.external_id
      and q.state <> 'resolved'
  )
order by c.external_id
on conflict (store_id, stream, external_id) do update set
  reason = excluded.reason,
  run_id = excluded.run_id,
  noted_at = excluded.noted_at
where r.organization_id = excluded.organization_id
