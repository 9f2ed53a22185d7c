-- How many CRM rows one store stands for, those it has deleted since included: rows stay.
-- Expects organization_id, store_id. Returns stream, row_count; clients count once, however many
-- customer records and guest orders of the store they are.
select
  case when m.entity = 'guests' then 'customers' else m.entity end as stream,
  count(distinct m.crm_id) as row_count
from sync.record_map as m
where m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
group by 1
