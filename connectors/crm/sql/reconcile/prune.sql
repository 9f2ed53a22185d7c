-- Forget old comparisons, but never the last of a day or stream, which says whether a figure is
-- complete. Expects before (checked earlier), most. Over every organization_id. Returns the number.
with doomed as (
  select r.id
  from sync.reconciliations as r
  where
    r.checked_at < %(before)s
    and exists (
      select
      from sync.reconciliations as later
      where
        later.organization_id = r.organization_id
        and later.store_id = r.store_id
        and later.stream = r.stream
        and later.kind = r.kind
        and later.day is not distinct from r.day
        and later.checked_at > r.checked_at
    )
  order by r.checked_at
  limit %(most)s
),

gone as (
  delete from sync.reconciliations as r
  using doomed as d
  where r.id = d.id
  returning r.id
)

select count(*) as pruned
from gone
