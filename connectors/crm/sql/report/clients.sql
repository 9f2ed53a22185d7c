-- How many clients bought, and how many of them more than once.
select
  count(*) filter (where c.total_orders >= 1) as buyers,
  count(*) filter (where c.total_orders >= 2) as repeat_buyers
from marts.dim_clients as c
where c.organization_id = %(organization_id)s
