-- Open doubts about the loser are doubts about the winner; one between the two of them is settled.
-- Expects organization_id, loser_id, winner_id; run when client_id has moved.
with doubts as (
  select
    v.id,
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
    d.candidate_ids <@ array[%(winner_id)s]::uuid [] as is_settled
  from doubts as d
)

update sync.identity_reviews as v
set
  candidate_ids = d.candidate_ids,
  status = case when v.client_id = %(winner_id)s and s.is_settled then 'merged' else 'open' end,
  resolved_at = case when v.client_id = %(winner_id)s and s.is_settled then now() end
from doubts as d
inner join settled as s on d.id = s.id
where v.organization_id = %(organization_id)s and v.id = d.id
