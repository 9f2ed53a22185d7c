-- What was sold best, and what everything came to. A product sold in several currencies is one line,
-- its revenue in the reporting currency; NULL where no rate is known for any of it.
with sold as (
  select
    p.product_id,
    min(p.product_name) as name,
    min(p.sku) as sku,
    sum(p.units) as units,
    sum(p.revenue_reporting) as revenue,
    -- A margin is of one currency; of several it would have to be added.
    case when count(*) = 1 then min(p.margin_rate) end as margin_rate
  from marts.fct_products as p
  where
    p.organization_id = %(organization_id)s
    and p.orders > 0
  group by p.product_id
)

select
  s.name,
  s.sku,
  s.units,
  s.revenue,
  s.margin_rate,
  count(*) over () as products_sold,
  sum(s.revenue) over () as revenue_of_all
from sold as s
order by s.revenue desc nulls last, s.units desc, s.product_id asc
limit %(most)s
