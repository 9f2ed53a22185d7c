-- Makes an organization's predictions what is staged, touching only rows that differ.
-- Expects staged_predictions, %(organization_id)s, %(as_of)s, %(ltv_method)s, %(reporting_currency)s.
-- Returns one row: rows written, rows removed.
-- The caller has made sure that nothing newer was predicted.
with
-- Clients whose orders are all lost or gone since.
removed as (
  delete from sync.client_ltv_predictions as p
  where
    p.organization_id = %(organization_id)s
    and not exists (select from pg_temp.staged_predictions as s where s.client_id = p.client_id)
  returning p.client_id
),

changed as (
  update sync.client_ltv_predictions as p
  set
    as_of = %(as_of)s,
    ltv_method = %(ltv_method)s,
    p_alive = s.p_alive,
    expected_orders_90d = s.expected_orders_90d,
    expected_orders_365d = s.expected_orders_365d,
    expected_order_value = s.expected_order_value,
    predicted_ltv_365d = s.predicted_ltv_365d,
    reporting_currency = %(reporting_currency)s
  from pg_temp.staged_predictions as s
  where
    p.organization_id = %(organization_id)s
    and p.client_id = s.client_id
    and (
      -- Of no prediction, as_of is since when there is none.
      (p.as_of <> %(as_of)s and %(ltv_method)s <> 'historic_only')
      or (
        p.ltv_method, p.p_alive, p.expected_orders_90d, p.expected_orders_365d,
        p.expected_order_value, p.predicted_ltv_365d, p.reporting_currency
      ) is distinct from (
        %(ltv_method)s, s.p_alive, s.expected_orders_90d, s.expected_orders_365d,
        s.expected_order_value, s.predicted_ltv_365d, %(reporting_currency)s
      )
    )
  returning p.client_id
),

-- Held against a merge or an erasure that removes the client at this moment: whoever is gone by now
-- is left out, instead of failing the whole organization on its foreign key.
newcomers as (
  select c.id
  from public.crm_clients as c
  inner join pg_temp.staged_predictions as s on c.id = s.client_id
  where
    c.organization_id = %(organization_id)s
    and not exists (
      select from sync.client_ltv_predictions as p
      where p.organization_id = %(organization_id)s and p.client_id = s.client_id
    )
  order by c.id
  for key share of c
),

added as (
  insert into sync.client_ltv_predictions as p (
    organization_id, client_id, as_of, ltv_method, p_alive, expected_orders_90d,
    expected_orders_365d, expected_order_value, predicted_ltv_365d, reporting_currency
  )
  select
    %(organization_id)s,
    s.client_id,
    %(as_of)s,
    %(ltv_method)s,
    s.p_alive,
    s.expected_orders_90d,
    s.expected_orders_365d,
    s.expected_order_value,
    s.predicted_ltv_365d,
    %(reporting_currency)s
  from pg_temp.staged_predictions as s
  inner join newcomers as c on s.client_id = c.id
  returning p.client_id
)

select
  (select count(*) from changed) + (select count(*) from added) as written,
  (select count(*) from removed) as removed
