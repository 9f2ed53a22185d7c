-- The persons of a batch that the record map knows already.
--
-- Expects organization_id, store_id and arrays of equal length: entities, external_ids.
-- Returns entity, external_id, client, the shop id the client follows, and whether a customer record has
-- filled it (then orders have nothing to add).
select
  m.entity,
  m.external_id,
  m.crm_id,
  sync.followed_customer_id(c.organization_id, c.id, c.ecommerce_customer_id) as followed_id,
  m.content_hash is not null as is_filled
from unnest(%(entities)s::text [], %(external_ids)s::text []) as s (entity, external_id)
inner join sync.record_map as m
  on
    m.organization_id = %(organization_id)s
    and m.store_id = %(store_id)s
    and m.entity in ('customers', 'guests')
    and m.entity = s.entity
    and m.external_id = s.external_id
inner join public.crm_clients as c
  on c.organization_id = m.organization_id and c.id = m.crm_id
