-- Settle edits: what became of each, in which run, by which record.
--
-- Expects organization_id, store_id, run_id and arrays of equal length: ids, states, streams,
-- external_ids. A held one stays unsettled.
update sync.field_edits as e
set
  state = s.state,
  settled_at = case when s.state <> 'held' then now() end,
  run_id = case when s.state <> 'held' then %(run_id)s end,
  store_id = %(store_id)s,
  stream = s.stream,
  external_id = s.external_id
from unnest(
  %(ids)s::bigint [], %(states)s::text [], %(streams)s::text [], %(external_ids)s::text []
) as s (id, state, stream, external_id)
where
  e.organization_id = %(organization_id)s
  and e.id = s.id
