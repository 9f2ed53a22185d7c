-- Records whose row is not what Storeloom last wrote, whose order has another rate than it was given,
-- or hangs on another client than its person is. Only a suspicion: others of Storeloom's own steps
-- change rows too.
--
-- Expects organization_id, store_id, id_prefix, stream. Returns external_id. Of customers, those that
-- their client follows (others only fill gaps), or all of them while it follows none: its key was
-- changed.
select m.external_id
from sync.record_map as m
inner join sync.row_digests as d
  on m.organization_id = d.organization_id and m.entity = d.entity and m.crm_id = d.crm_id
left join public.crm_clients as c
  on m.organization_id = c.organization_id and m.crm_id = c.id and m.entity = 'customers'
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = %(stream)s
  and d.entity = %(stream)s
  and m.content_hash is not null
  -- A store shows what lies in its trash; a client is told of by whoever else speaks for it.
  and (m.deleted_at is null or m.entity in ('orders', 'products'))
  and m.row_digest <> d.row_digest
  and (
    m.entity <> 'customers'
    or c.ecommerce_customer_id = %(id_prefix)s || m.external_id
    or not exists (
      select
      from sync.record_map as f
      inner join sync.stores as s on f.organization_id = s.organization_id and f.store_id = s.id
      where
        f.organization_id = c.organization_id
        and f.crm_id = c.id
        and f.entity = 'customers'
        and f.content_hash is not null
        and s.id_prefix || f.external_id = c.ecommerce_customer_id
    )
  )
union
select m.external_id
from sync.record_map as m
inner join public.crm_orders as o on m.organization_id = o.organization_id and m.crm_id = o.id
where
  %(stream)s = 'orders'
  and m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'orders'
  and m.content_hash is not null
  and m.written_rate is distinct from o.exchange_rate
union
select m.external_id
from sync.record_map as m
inner join public.crm_orders as o on m.organization_id = o.organization_id and m.crm_id = o.id
inner join sync.record_map as p
  on
    m.organization_id = p.organization_id
    and m.store_id = p.store_id
    and m.person_entity = p.entity
    and p.entity in ('customers', 'guests')
    and m.person_external_id = p.external_id
where
  %(stream)s = 'orders'
  and m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'orders'
  and m.content_hash is not null
  and m.deleted_at is null
  and p.external_id <> 'walk-in'
  and o.client_id <> p.crm_id
order by external_id
