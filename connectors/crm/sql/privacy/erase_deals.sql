-- Expects organization_id, client_ids. Returns the deals written; value, stage and dates stay.
update public.crm_deals as d
set
  name = 'erased',
  description = null,
  lost_reason_details = null,
  won_reason = null,
  tags = null,
  custom_fields = null
where
  d.organization_id = %(organization_id)s
  and d.client_id = any(%(client_ids)s::uuid [])
  and (
    d.name <> 'erased'
    or num_nonnulls(
      d.description, d.lost_reason_details, d.won_reason, d.tags, d.custom_fields
    ) > 0
  )
returning d.id
