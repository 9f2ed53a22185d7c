-- Expects organization_id, store_id, currency, time_zone. Fills what nobody has set.
update sync.stores as s
set
  currency = coalesce(s.currency, %(currency)s),
  time_zone = coalesce(s.time_zone, %(time_zone)s),
  updated_at = now()
where
  s.organization_id = %(organization_id)s
  and s.id = %(store_id)s
  and (
    (s.currency is null and %(currency)s::text is not null)
    or (s.time_zone is null and %(time_zone)s::text is not null)
  )
