-- Orders that are about to be written with another person than the customer they were known for: the
-- store may have merged that customer into the other one, or deleted it, so it is asked for by name.
--
-- Expects staged_orders, organization_id, store_id, run_id. A customer that is gone already waits for
-- its merger; one that has never been read is nothing to ask for.
with left_customers as (
  select distinct
    c.external_id,
    c.deleted_at
  from pg_temp.staged_orders as s
  inner join sync.record_map as m
    on
      m.organization_id = %(organization_id)s
      and m.store_id = %(store_id)s
      and m.entity = 'orders'
      and m.person_entity = 'customers'
      and s.external_id = m.external_id
      and (s.person_entity, s.person_external_id) <> (m.person_entity, m.person_external_id)
  inner join sync.record_map as c
    on
      c.organization_id = m.organization_id
      and c.store_id = m.store_id
      and c.entity = m.person_entity
      and c.external_id = m.person_external_id
  where c.content_hash is not null or c.deleted_at is not null
),

departed as (
  insert into sync.departed_customers (store_id, external_id, organization_id, run_id)
  select
    %(store_id)s,
    c.external_id,
    %(organization_id)s,
    %(run_id)s
  from left_customers as c
  where c.deleted_at is not null
  order by c.external_id
  on conflict (store_id, external_id) do nothing
)

insert into sync.rereads as r (
  store_id, stream, external_id, organization_id, reason, run_id
)
select
  %(store_id)s,
  'customers',
  c.external_id,
  %(organization_id)s,
  'left',
  %(run_id)s
from left_customers as c
where c.deleted_at is null
order by c.external_id
on conflict (store_id, stream, external_id) do update set
  reason = excluded.reason,
  run_id = excluded.run_id,
  noted_at = excluded.noted_at
where r.organization_id = excluded.organization_id
