-- Customers that are about to be marked as deleted: their orders are read again, since the store may
-- have given them to somebody else without moving a date. Those marked before have had theirs read.
-- Expects organization_id, store_id, run_id, external_ids (customers).
with departing as (
  insert into sync.departed_customers as d (store_id, external_id, organization_id, run_id)
  select
    %(store_id)s,
    c.external_id,
    %(organization_id)s,
    %(run_id)s
  from sync.record_map as c
  where
    c.organization_id = %(organization_id)s
    and c.store_id = %(store_id)s
    and c.entity = 'customers'
    and c.external_id = any(%(external_ids)s::text [])
    and c.deleted_at is null
  order by c.external_id
  on conflict (store_id, external_id) do update set run_id = excluded.run_id
  where d.organization_id = excluded.organization_id
  returning d.external_id
)

insert into sync.rereads as r (
  store_id, stream, external_id, organization_id, reason, run_id
)
select
  %(store_id)s,
  'orders',
  o.external_id,
  %(organization_id)s,
  'customer_gone',
  %(run_id)s
from departing as d
inner join sync.record_map as o
  on
    o.organization_id = %(organization_id)s
    and o.store_id = %(store_id)s
    and o.entity = 'orders'
    and o.person_entity = 'customers'
    and d.external_id = o.person_external_id
-- One that is gone for good is nobody's any more.
where o.content_hash is not null
order by o.external_id
on conflict (store_id, stream, external_id) do update set
  reason = excluded.reason,
  run_id = excluded.run_id,
  noted_at = excluded.noted_at
where r.organization_id = excluded.organization_id
