-- Clients whose shop id somebody changed to one that is none of theirs, or gave to another client:
-- whoever has it by mistake loses it, and the next customer record of theirs puts the right one in.
--
-- Expects organization_id, row_ids (clients that were edited) and shop_ids (of their records).
update public.crm_clients as c
set ecommerce_customer_id = null
where
  c.organization_id = %(organization_id)s
  and c.ecommerce_customer_id is not null
  and (c.id = any(%(row_ids)s::uuid []) or c.ecommerce_customer_id = any(%(shop_ids)s::text []))
  and not exists (
    select
    from sync.record_map as m
    inner join sync.stores as s on m.organization_id = s.organization_id and m.store_id = s.id
    where
      m.organization_id = c.organization_id
      and m.crm_id = c.id
      and m.entity = 'customers'
      and s.id_prefix || m.external_id = c.ecommerce_customer_id
  )
