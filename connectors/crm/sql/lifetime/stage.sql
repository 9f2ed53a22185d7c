-- Where one organization's predictions wait.
create temporary table if not exists staged_predictions (
  -- Its index keeps a plan made on old statistics from comparing every client with every other.
  client_id uuid primary key,
  p_alive numeric,
  expected_orders_90d numeric,
  expected_orders_365d numeric,
  expected_order_value numeric,
  predicted_ltv_365d numeric
) on commit drop
