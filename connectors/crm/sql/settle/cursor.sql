-- Expects organization_id, store_id, stream and what to remember; null leaves what is there.
update sync.cursors as c
set
  settled_until = greatest(c.settled_until, %(settled_until)s),
  scanned_at = greatest(c.scanned_at, %(scanned_at)s),
  listed_at = greatest(c.listed_at, %(listed_at)s),
  listed_difference = coalesce(%(listed_difference)s, c.listed_difference),
  updated_at = now()
where
  c.organization_id = %(organization_id)s
  and c.store_id = %(store_id)s
  and c.stream = %(stream)s
