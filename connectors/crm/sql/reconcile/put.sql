-- Keep what was found. Expects organization_id, store_id, run_id, stream, watermark and findings, a
-- JSON array of objects named as the columns.
insert into sync.reconciliations (
  organization_id, store_id, run_id, stream, kind, day, status, currency,
  store_rows, store_total, store_refunded, crm_rows, crm_total, crm_refunded,
  found_rows, found_total, found_refunded, state, record_ids, record_count, record_columns,
  watermark
)
select
  %(organization_id)s,
  %(store_id)s,
  %(run_id)s,
  %(stream)s,
  f.kind,
  f.day,
  f.status,
  f.currency,
  f.store_rows,
  f.store_total,
  f.store_refunded,
  f.crm_rows,
  f.crm_total,
  f.crm_refunded,
  f.found_rows,
  f.found_total,
  f.found_refunded,
  f.state,
  f.record_ids,
  f.record_count,
  f.record_columns,
  %(watermark)s
from jsonb_to_recordset(%(findings)s::jsonb) as f (
  kind text, day date, status text, currency text,
  store_rows bigint, store_total numeric, store_refunded numeric,
  crm_rows bigint, crm_total numeric, crm_refunded numeric,
  found_rows bigint, found_total numeric, found_refunded numeric,
  state text, record_ids text [], record_count bigint, record_columns jsonb
)
order by f.kind, f.day, f.status, f.currency
