-- Expects organization_id, store_id, stream. Returns watermark, the reading under way, and what the
-- search for deletions remembers.
select
  c.watermark,
  c.window_start,
  c.window_end,
  c.resume,
  c.settled_until,
  c.scanned_at,
  c.listed_at,
  c.listed_difference
from sync.cursors as c
where
  c.organization_id = %(organization_id)s
  and c.store_id = %(store_id)s
  and c.stream = %(stream)s
