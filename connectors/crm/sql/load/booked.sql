-- What a transaction has written into the books, if it was committed.
-- Expects organization_id, store_id, load_id. Returns Loaded's fields in order.
select
  l.fetched,
  l.inserted,
  l.updated,
  l.unchanged,
  l.skipped,
  l.quarantined,
  l.deleted
from sync.loads as l
where
  l.organization_id = %(organization_id)s
  and l.store_id = %(store_id)s
  and l.id = %(load_id)s
