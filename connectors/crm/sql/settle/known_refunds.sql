-- The refunds of every order that has some and that the store has not deleted for good; orders in its
-- trash keep theirs. Expects organization_id, store_id. Returns external_id (order), refund ids.
select
  m.external_id,
  array(
    select r.refund ->> 'external_id'
    from jsonb_array_elements(m.details -> 'refunds') as r (refund)
  ) as refund_ids
from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'orders'
  and m.content_hash is not null
  and m.details ? 'refunds'
