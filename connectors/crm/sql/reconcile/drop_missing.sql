-- Forget records whose row has gone from the CRM past every trigger and foreign key, so that they
-- are loaded as new ones. Expects organization_id, store_id. Returns entity, external_id.
delete from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and not exists (
    select
    from sync.row_digests as d
    where
      d.organization_id = m.organization_id
      and d.crm_id = m.crm_id
      and d.entity = case when m.entity = 'guests' then 'customers' else m.entity end
  )
returning m.entity, m.external_id
