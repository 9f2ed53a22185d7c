-- Expects organization_id, client_ids, order_ids. Returns what people changed in them as JSON.
select to_jsonb(e)
from sync.field_edits as e
where
  e.organization_id = %(organization_id)s
  and (
    (e.table_name = 'crm_clients' and e.row_id = any(%(client_ids)s::uuid []))
    or (e.table_name = 'crm_orders' and e.row_id = any(%(order_ids)s::uuid []))
  )
order by e.id
