-- Whose report it is, and the moment its figures are read: the transaction's, the same for all of
-- them. `other_currencies`: those its marts were built in before it chose another one.
with built as (
  select m.reporting_currency
  from marts.fct_orders as m
  where m.organization_id = %(organization_id)s
  union
  select m.reporting_currency
  from marts.fct_daily_shop as m
  where m.organization_id = %(organization_id)s
  union
  select m.reporting_currency
  from marts.fct_products as m
  where m.organization_id = %(organization_id)s
  union
  select m.reporting_currency
  from marts.fct_client_cohorts as m
  where m.organization_id = %(organization_id)s
  union
  select m.reporting_currency
  from marts.fct_client_ltv as m
  where m.organization_id = %(organization_id)s
)

select
  o.id::text as organization_id,
  o.name,
  o.reporting_currency,
  array(
    select b.reporting_currency
    from built as b
    where b.reporting_currency <> o.reporting_currency
    order by b.reporting_currency
  ) as other_currencies,
  now() as read_at
from public.organizations as o
where o.id = %(organization_id)s
