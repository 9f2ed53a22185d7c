-- Expects organization_id, store_id, points. Returns the seconds to wait; no row before the store
-- has told anything.
--
-- The clock is the database's, read when the row is ours: now() is older than the wait for it. More
-- than there can ever be waits for all there is.
update sync.allowances as a
set
  level = least(
    a.maximum,
    a.level + a.per_second * greatest(0, extract(epoch from clock_timestamp() - a.as_of))
  ) - least(%(points)s, a.maximum),
  as_of = clock_timestamp()
where a.organization_id = %(organization_id)s and a.store_id = %(store_id)s
returning greatest(0, -a.level / a.per_second)
