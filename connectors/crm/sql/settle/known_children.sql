-- The variants known of one product, the deleted ones left out.
-- Expects organization_id, store_id, parent (as crm_products has it). Returns external_id.
select m.external_id
from public.crm_products as p
inner join sync.record_map as m
  on
    m.organization_id = %(organization_id)s
    and m.store_id = %(store_id)s
    and m.entity = 'products'
    and p.id = m.crm_id
where
  p.organization_id = %(organization_id)s
  and p.parent_ecommerce_product_id = %(parent)s
  and m.content_hash is not null
  and m.deleted_at is null
