-- Expects organization_id, store_id, stream. Returns watermark and the reading under way.
select c.watermark, c.window_start, c.window_end, c.resume
from sync.cursors as c
where
  c.organization_id = %(organization_id)s
  and c.store_id = %(store_id)s
  and c.stream = %(stream)s
