-- What people typed over, and what stood there. Expects organization_id, client_ids, order_ids.
-- Returns the edits written: that there was one, when and of which column, stays.
update sync.field_edits as e
set earlier_value = null, new_value = null
where
  e.organization_id = %(organization_id)s
  and (
    (
      e.table_name = 'crm_clients'
      and e.row_id = any(%(client_ids)s::uuid [])
      and e.column_name in ('company_name', 'full_name', 'email', 'phone', 'address')
    )
    or (
      e.table_name = 'crm_orders'
      and e.row_id = any(%(order_ids)s::uuid [])
      and e.column_name in ('shipping_address', 'tracking_number')
    )
  )
  and num_nonnulls(e.earlier_value, e.new_value) > 0
returning e.id
