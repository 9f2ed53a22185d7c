-- Keeps what an organization's models came to, when it differs from what they came to last.
-- Expects %(organization_id)s, %(as_of)s and %(fit)s, a JSON object with the other columns by name.
-- Returns one row: how many were kept.
with fitted as (
  select g.*
  from jsonb_populate_record(null::sync.ltv_fits, %(fit)s::jsonb) as g
),

-- What is known of this day, or of the last before it that said anything new.
latest as (
  select f.*
  from sync.ltv_fits as f
  where f.organization_id = %(organization_id)s and f.as_of <= %(as_of)s
  order by f.as_of desc
  limit 1
),

changed as (
  select g.*
  from fitted as g
  where not exists (
    select
    from latest as l
    where
      to_jsonb(l) - '{organization_id,as_of,seconds,fitted_at}'::text []
      = to_jsonb(g) - '{organization_id,as_of,seconds,fitted_at}'::text []
  )
),

kept as (
  insert into sync.ltv_fits as f (
    organization_id,
    as_of,
    ltv_method,
    reason,
    reporting_currency,
    clients,
    repeat_clients,
    value_clients,
    unrated_orders,
    r,
    alpha,
    a,
    b,
    log_likelihood,
    p,
    q,
    v,
    value_log_likelihood,
    frequency_value_correlation,
    is_converged,
    holdout_days,
    holdout_clients,
    holdout_predicted_orders,
    holdout_actual_orders,
    holdout_mean_absolute_error,
    holdout_correlation,
    holdout_deciles,
    seconds
  )
  select
    %(organization_id)s,
    %(as_of)s,
    g.ltv_method,
    g.reason,
    g.reporting_currency,
    g.clients,
    g.repeat_clients,
    g.value_clients,
    g.unrated_orders,
    g.r,
    g.alpha,
    g.a,
    g.b,
    g.log_likelihood,
    g.p,
    g.q,
    g.v,
    g.value_log_likelihood,
    g.frequency_value_correlation,
    g.is_converged,
    g.holdout_days,
    g.holdout_clients,
    g.holdout_predicted_orders,
    g.holdout_actual_orders,
    g.holdout_mean_absolute_error,
    g.holdout_correlation,
    g.holdout_deciles,
    g.seconds
  from changed as g
  on conflict (organization_id, as_of) do update
    set
      fitted_at = excluded.fitted_at,
      ltv_method = excluded.ltv_method,
      reason = excluded.reason,
      reporting_currency = excluded.reporting_currency,
      clients = excluded.clients,
      repeat_clients = excluded.repeat_clients,
      value_clients = excluded.value_clients,
      unrated_orders = excluded.unrated_orders,
      r = excluded.r,
      alpha = excluded.alpha,
      a = excluded.a,
      b = excluded.b,
      log_likelihood = excluded.log_likelihood,
      p = excluded.p,
      q = excluded.q,
      v = excluded.v,
      value_log_likelihood = excluded.value_log_likelihood,
      frequency_value_correlation = excluded.frequency_value_correlation,
      is_converged = excluded.is_converged,
      holdout_days = excluded.holdout_days,
      holdout_clients = excluded.holdout_clients,
      holdout_predicted_orders = excluded.holdout_predicted_orders,
      holdout_actual_orders = excluded.holdout_actual_orders,
      holdout_mean_absolute_error = excluded.holdout_mean_absolute_error,
      holdout_correlation = excluded.holdout_correlation,
      holdout_deciles = excluded.holdout_deciles,
      seconds = excluded.seconds
  returning f.organization_id
)

select count(*) from kept
