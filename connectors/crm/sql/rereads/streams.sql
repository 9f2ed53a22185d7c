-- Which streams have records that wait to be read by name? Expects organization_id, store_id.
select distinct r.stream
from sync.rereads as r
where
  r.organization_id = %(organization_id)s
  and r.store_id = %(store_id)s
