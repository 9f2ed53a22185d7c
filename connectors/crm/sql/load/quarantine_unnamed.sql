-- Is a refused record without an id waiting? Expects organization_id, store_id, stream. Returns a row
-- if so.
select q.id
from sync.quarantine as q
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.stream = %(stream)s
  and q.state <> 'resolved'
  and q.external_id is null
order by q.id
limit 1
