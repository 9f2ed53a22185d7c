-- Open doubts about the loser are doubts about the winner; one between the two of them and nobody else
-- is settled, and nobody is a candidate for himself. A doubt without candidates is about something
-- else. Expects organization_id, loser_id, winner_id; run when client_id has moved.
with doubts as (
  select
    v.id,
    v.client_id,
    v.candidate_ids <> '{}' as has_candidates,
    array_replace(v.candidate_ids, %(loser_id)s, %(winner_id)s) as candidate_ids
  from sync.identity_reviews as v
  where
    v.organization_id = %(organization_id)s
    and v.status = 'open'
    and (v.client_id = %(winner_id)s or %(loser_id)s = any(v.candidate_ids))
),

settled as (
  select
    d.id,
    d.candidate_ids,
    d.client_id = %(winner_id)s
    and d.has_candidates
    and d.candidate_ids <@ array[%(winner_id)s]::uuid [] as is_settled
  from doubts as d
)

update sync.identity_reviews as v
set
  candidate_ids = case
    when v.client_id = %(winner_id)s and not s.is_settled
      then array_remove(s.candidate_ids, %(winner_id)s)
    else s.candidate_ids
  end,
  status = case when s.is_settled then 'merged' else 'open' end,
  resolved_at = case when s.is_settled then now() end
from settled as s
where v.organization_id = %(organization_id)s and v.id = s.id
