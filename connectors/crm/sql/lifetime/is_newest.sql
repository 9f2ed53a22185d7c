-- Was nothing fitted for a later day than this one? Apart from the lock, whose waiting it must see.
-- Expects %(organization_id)s and %(as_of)s. Returns one row.
select not exists (
  select from sync.ltv_fits as f
  where f.organization_id = %(organization_id)s and f.as_of > %(as_of)s
)
