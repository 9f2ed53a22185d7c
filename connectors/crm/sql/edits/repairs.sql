-- What one run put back that people had changed. Expects organization_id, store_id, run_id. Returns
-- stream, the record's id (else the row's), and the columns; no column for a row that was removed.
select
  coalesce(
    e.stream,
    case e.table_name
      when 'crm_clients' then 'customers' when 'crm_products' then 'products' else 'orders'
    end
  ) as stream,
  coalesce(e.external_id, e.row_id::text) as external_id,
  array_remove(array_agg(distinct e.column_name order by e.column_name), null) as columns
from sync.field_edits as e
where
  e.organization_id = %(organization_id)s
  and e.store_id = %(store_id)s
  and e.run_id = %(run_id)s
  and e.state in ('overwritten', 'restored')
group by 1, 2
order by 1, 2
