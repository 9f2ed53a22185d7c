-- Which of these pairs did a person say are two? Expects organization_id and arrays of equal length:
-- ones, others. Returns the pair as given.
select
  s.one_id,
  s.other_id
from unnest(%(ones)s::uuid [], %(others)s::uuid []) as s (one_id, other_id)
inner join sync.identity_pins as p
  on
    p.organization_id = %(organization_id)s
    and p.client_id = least(s.one_id, s.other_id)
    and p.other_id = greatest(s.one_id, s.other_id)
