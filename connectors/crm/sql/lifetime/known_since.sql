-- Since when are purchases known, and in which currency are they summed up?
-- Expects %(organization_id)s and %(as_of)s, a UTC day.
-- Returns one row: the UTC day of the first order that was not lost, NULL without one; the
-- organization's reporting currency, NULL when there is no such organization any more.
select
  (
    select min((o.order_date at time zone 'UTC')::date)
    from public.crm_orders as o
    where
      o.organization_id = %(organization_id)s
      and o.status not in ('cancelled', 'refunded')
      and o.order_date < ((%(as_of)s::date + 1)::timestamp at time zone 'UTC')
  ) as first_day,
  (
    select o.reporting_currency
    from public.organizations as o
    where o.id = %(organization_id)s
  ) as reporting_currency
