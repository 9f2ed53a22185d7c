-- Writes down why each person of staged_people who was not known before is this client, and which of
-- the client's columns the person has changed: contact columns that now hold what the person brought,
-- and whatever else moved. Expects staged_people (before.sql run where somebody was linked),
-- organization_id, store_id, run_id.
insert into sync.identity_links (
  organization_id, store_id, entity, external_id, client_id, reason, evidence, columns_before,
  columns_after, run_id
)
select
  %(organization_id)s,
  %(store_id)s,
  s.entity,
  s.external_id,
  s.client_id,
  s.link_reason,
  coalesce(s.evidence, '{}'),
  s.columns_before,
  case when s.columns_before is not null then coalesce(a.columns_after, '{}') end,
  %(run_id)s
from pg_temp.staged_people as s
left join public.crm_clients as c
  on
    c.organization_id = %(organization_id)s
    and s.columns_before is not null
    and s.client_id = c.id
left join lateral (
  select jsonb_object_agg(v.name, v.present) as columns_after
  from (
    values
    ('email', to_jsonb(c.email), to_jsonb(s.email)),
    ('phone', to_jsonb(c.phone), to_jsonb(s.phone)),
    ('full_name', to_jsonb(c.full_name), to_jsonb(s.full_name)),
    ('company_name', to_jsonb(c.company_name), to_jsonb(s.company_name)),
    ('address', c.address, s.address),
    (
      'ecommerce_customer_id',
      to_jsonb(c.ecommerce_customer_id),
      to_jsonb(s.ecommerce_customer_id)
    ),
    ('client_type', to_jsonb(c.client_type), to_jsonb(c.client_type)),
    ('lifecycle_stage', to_jsonb(c.lifecycle_stage), to_jsonb(c.lifecycle_stage)),
    ('source', to_jsonb(c.source), to_jsonb(c.source)),
    ('first_contact_date', to_jsonb(c.first_contact_date), to_jsonb(c.first_contact_date)),
    ('last_contact_date', to_jsonb(c.last_contact_date), to_jsonb(c.last_contact_date))
  ) as v (name, present, brought)
  where
    v.present = v.brought
    and v.present is distinct from nullif(s.columns_before -> v.name, 'null')
) as a on s.columns_before is not null
where not s.is_mapped
order by s.entity, s.external_id
