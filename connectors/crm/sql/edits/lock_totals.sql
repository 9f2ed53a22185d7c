-- Clients whose totals somebody typed over, held before their orders are added up: an order that is
-- committed between the adding and the writing was lost from the total for good.
--
-- Expects organization_id, store_id, columns (the totals). Of the store's clients only, in id order.
select c.id
from public.crm_clients as c
where
  c.organization_id = %(organization_id)s
  and c.id in (
    select e.row_id
    from sync.field_edits as e
    where
      e.organization_id = %(organization_id)s
      and e.table_name = 'crm_clients'
      and e.settled_at is null
      and e.column_name = any(%(columns)s::text [])
  )
  and exists (
    select
    from sync.record_map as m
    where
      m.organization_id = c.organization_id
      and m.crm_id = c.id
      and m.store_id = %(store_id)s
  )
order by c.id
for no key update
