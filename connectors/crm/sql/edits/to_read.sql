-- The store's records behind what people changed, to be read again by name.
--
-- Expects organization_id, store_id, id_prefix, states (of the edits that the store overwrites), keys
-- (columns that are never held). Returns stream, external_id. Of a client, the customer record that
-- it follows, or all of them while it follows none: others only fill gaps.
select distinct
  m.entity as stream,
  m.external_id
from sync.field_edits as e
inner join sync.record_map as m
  on
    m.organization_id = e.organization_id
    and m.crm_id = e.row_id
    and m.store_id = %(store_id)s
    and m.entity in ('customers', 'products', 'orders')
    and m.content_hash is not null
left join public.crm_clients as c
  on c.organization_id = e.organization_id and c.id = e.row_id and m.entity = 'customers'
where
  e.organization_id = %(organization_id)s
  and e.settled_at is null
  and e.column_name is not null
  and (e.state = any(%(states)s::text []) or e.column_name = any(%(keys)s::text []))
  and (
    m.entity <> 'customers'
    or c.ecommerce_customer_id = %(id_prefix)s || m.external_id
    or not exists (
      select
      from sync.record_map as f
      inner join sync.stores as s
        on f.organization_id = s.organization_id and f.store_id = s.id
      where
        f.organization_id = c.organization_id
        and f.crm_id = c.id
        and f.entity = 'customers'
        and f.content_hash is not null
        and s.id_prefix || f.external_id = c.ecommerce_customer_id
    )
  )
union
select
  e.stream,
  e.external_id
from sync.field_edits as e
where
  e.organization_id = %(organization_id)s
  and e.store_id = %(store_id)s
  and e.settled_at is null
  and e.column_name is null
