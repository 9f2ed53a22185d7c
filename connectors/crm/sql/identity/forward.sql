-- Who has orders is a customer. Expects organization_id, client_ids; run when orders have moved.
update public.crm_clients as c
set
  client_type = case
    when c.client_type in ('lead', 'prospect') then 'customer'
    else c.client_type
  end,
  lifecycle_stage = case
    when coalesce(c.lifecycle_stage, 'lead') in ('lead', 'mql', 'sql', 'opportunity')
      then 'customer'
    else c.lifecycle_stage
  end
where
  c.organization_id = %(organization_id)s
  and c.id = any(%(client_ids)s::uuid [])
  and c.total_orders > 0
  and (
    c.client_type in ('lead', 'prospect')
    or coalesce(c.lifecycle_stage, 'lead') in ('lead', 'mql', 'sql', 'opportunity')
  )
