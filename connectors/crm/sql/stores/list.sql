-- Expects organization_id, status and key, each NULL for any. Returns StoreRow's fields in order.
-- Without status and key the removed stores stay out.
select
  s.id::text,
  s.organization_id::text,
  o.name,
  s.key,
  s.platform,
  s.base_url,
  s.currency,
  s.time_zone,
  s.id_prefix,
  s.order_number_prefix,
  s.settings,
  s.status
from sync.stores as s
inner join public.organizations as o on s.organization_id = o.id
where
  (%(organization_id)s::uuid is null or s.organization_id = %(organization_id)s::uuid)
  and (%(key)s::text is null or s.key = %(key)s::text)
  and (%(key)s::text is not null or s.status = %(status)s or (
    %(status)s::text is null and s.status <> 'removed'
  ))
order by s.key
