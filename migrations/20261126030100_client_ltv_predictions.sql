-- What each client is expected to be worth, and the models that say so.
--
-- Every day without an order changes every prediction a little, so a history of them would grow by
-- the number of clients every night and nobody could read it. Only the current one is kept; the few
-- numbers of a model, which with the orders make it again, are kept for each day it was fitted.

create table sync.client_ltv_predictions (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  client_id uuid not null,
  as_of date not null,
  ltv_method text not null,
  p_alive numeric,
  expected_orders_90d numeric,
  expected_orders_365d numeric,
  expected_order_value numeric,
  predicted_ltv_365d numeric,
  reporting_currency text not null,
  primary key (organization_id, client_id),
  constraint client_ltv_predictions_client_id_fkey foreign key (organization_id, client_id)
  references public.crm_clients (organization_id, id) on delete cascade,
  constraint client_ltv_predictions_method_check
  check (ltv_method in ('bg_nbd_gamma_gamma', 'historic_only')),
  -- Half a prediction would be read as a whole one.
  constraint client_ltv_predictions_whole_check check (
    num_nonnulls(
      p_alive, expected_orders_90d, expected_orders_365d, expected_order_value, predicted_ltv_365d
    ) = case when ltv_method = 'historic_only' then 0 else 5 end
  ),
  constraint client_ltv_predictions_p_alive_check check (p_alive between 0 and 1),
  constraint client_ltv_predictions_sign_check check (
    expected_orders_90d >= 0
    and expected_orders_365d >= expected_orders_90d
    and expected_order_value >= 0
    and predicted_ltv_365d >= 0
  )
);

comment on table sync.client_ltv_predictions is
'One row per client with at least one order that was neither cancelled nor refunded: the current
prediction.';
comment on column sync.client_ltv_predictions.as_of is
'UTC day up to whose end orders were known; of a row without a prediction, the day since when there
is none.';
comment on column sync.client_ltv_predictions.ltv_method is
'bg_nbd_gamma_gamma, or historic_only where there is no model to predict with: every prediction of
the organization is then NULL, and the newest row of sync.ltv_fits says why.';
comment on column sync.client_ltv_predictions.p_alive is
'Probability (0 to 1) that the client will ever order again, by BG/NBD.';
comment on column sync.client_ltv_predictions.expected_orders_90d is
'Days with a purchase expected in the 90 days after as_of.';
comment on column sync.client_ltv_predictions.expected_orders_365d is
'Days with a purchase expected in the 365 days after as_of.';
comment on column sync.client_ltv_predictions.expected_order_value is
'Net revenue expected of one day with a purchase, by Gamma-Gamma, in reporting_currency.';
comment on column sync.client_ltv_predictions.predicted_ltv_365d is
'expected_orders_365d times expected_order_value, not discounted, in reporting_currency.';
comment on column sync.client_ltv_predictions.reporting_currency is
'The organization''s reporting currency when the prediction was made.';

create table sync.ltv_fits (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  as_of date not null,
  ltv_method text not null,
  -- In words a shop owner understands; NULL where predictions were made.
  reason text,
  reporting_currency text not null,
  clients integer not null,
  repeat_clients integer not null,
  value_clients integer not null,
  unrated_orders integer not null,
  -- BG/NBD, time in weeks. NULL where it was not tried.
  r double precision,
  alpha double precision,
  a double precision,
  b double precision,
  log_likelihood double precision,
  -- Gamma-Gamma, value in reporting_currency. NULL where it was not tried.
  p double precision,
  q double precision,
  v double precision,
  value_log_likelihood double precision,
  frequency_value_correlation double precision,
  is_converged boolean,
  -- The model of the time before the held out days, against what came in them. NULL where the time
  -- before was too short or too empty to fit.
  holdout_days integer,
  holdout_clients integer,
  holdout_predicted_orders double precision,
  holdout_actual_orders double precision,
  holdout_mean_absolute_error double precision,
  holdout_correlation double precision,
  holdout_deciles jsonb,
  seconds double precision not null,
  fitted_at timestamptz not null default now(),
  primary key (organization_id, as_of),
  constraint ltv_fits_method_check check (ltv_method in ('bg_nbd_gamma_gamma', 'historic_only')),
  constraint ltv_fits_reason_check check ((ltv_method = 'historic_only') = (reason is not null)),
  constraint ltv_fits_holdout_deciles_check check (jsonb_typeof(holdout_deciles) = 'array')
);

comment on table sync.ltv_fits is
'One row per organization and UTC day on which its models said something new.';
comment on column sync.ltv_fits.as_of is 'UTC day up to whose end orders were known.';
comment on column sync.ltv_fits.reason is
'Why there are no predictions (ltv_method historic_only); NULL where there are.';
comment on column sync.ltv_fits.clients is
'Clients with at least one order that was neither cancelled nor refunded.';
comment on column sync.ltv_fits.repeat_clients is
'Clients who bought on at least two UTC days.';
comment on column sync.ltv_fits.value_clients is
'Clients whose repeat purchases have a mean value above 0: those Gamma-Gamma was fitted on.';
comment on column sync.ltv_fits.unrated_orders is
'Orders without an exchange rate: purchases to BG/NBD, left out of Gamma-Gamma.';
comment on column sync.ltv_fits.r is
'BG/NBD: shape of the gamma distribution of purchase rates.';
comment on column sync.ltv_fits.alpha is
'BG/NBD: inverse scale of the gamma distribution of purchase rates, in weeks.';
comment on column sync.ltv_fits.a is
'BG/NBD: first parameter of the beta distribution of the chance to leave after a purchase.';
comment on column sync.ltv_fits.b is
'BG/NBD: second parameter of the beta distribution of the chance to leave after a purchase.';
comment on column sync.ltv_fits.log_likelihood is 'BG/NBD: log likelihood at the maximum.';
comment on column sync.ltv_fits.p is
'Gamma-Gamma: shape of the gamma distribution of purchase values.';
comment on column sync.ltv_fits.q is
'Gamma-Gamma: shape of the gamma distribution of clients'' scales.';
comment on column sync.ltv_fits.v is
'Gamma-Gamma: scale parameter of the clients'' scales, in reporting_currency.';
comment on column sync.ltv_fits.value_log_likelihood is
'Gamma-Gamma: log likelihood at the maximum.';
comment on column sync.ltv_fits.frequency_value_correlation is
'Pearson correlation between number and mean value of repeat purchases; the product of the two
models needs it near 0. NULL where it has no meaning.';
comment on column sync.ltv_fits.is_converged is
'Whether both maximisations ended at a maximum; NULL where none was tried.';
comment on column sync.ltv_fits.holdout_days is
'How many days before as_of were held out to test predictions on.';
comment on column sync.ltv_fits.holdout_clients is
'Clients known before the held out days.';
comment on column sync.ltv_fits.holdout_predicted_orders is
'Purchases predicted for these clients in the held out days.';
comment on column sync.ltv_fits.holdout_actual_orders is
'Purchases these clients made in the held out days.';
comment on column sync.ltv_fits.holdout_mean_absolute_error is
'Mean over these clients of |predicted - actual| purchases.';
comment on column sync.ltv_fits.holdout_correlation is
'Pearson correlation of predicted and actual purchases over these clients; NULL where nobody
bought.';
comment on column sync.ltv_fits.holdout_deciles is
'List of objects decile (10 = predicted to buy most), clients, predicted_orders, actual_orders: sums
over the clients of that tenth.';
comment on column sync.ltv_fits.seconds is 'Time the fit took.';

create view sync.ltv_fits_current with (security_invoker = true) as
select distinct on (f.organization_id)
  f.organization_id,
  f.as_of,
  f.ltv_method,
  f.reason,
  f.reporting_currency,
  f.clients,
  f.repeat_clients,
  f.value_clients,
  f.unrated_orders,
  f.r,
  f.alpha,
  f.a,
  f.b,
  f.log_likelihood,
  f.p,
  f.q,
  f.v,
  f.value_log_likelihood,
  f.frequency_value_correlation,
  f.is_converged,
  f.holdout_days,
  f.holdout_clients,
  f.holdout_predicted_orders,
  f.holdout_actual_orders,
  f.holdout_mean_absolute_error,
  f.holdout_correlation,
  f.holdout_deciles,
  f.seconds,
  f.fitted_at
from sync.ltv_fits as f
order by f.organization_id asc, f.as_of desc;

comment on view sync.ltv_fits_current is
'One row per organization: the newest of sync.ltv_fits.';

alter table sync.client_ltv_predictions enable row level security;
alter table sync.ltv_fits enable row level security;

revoke all on sync.client_ltv_predictions, sync.ltv_fits, sync.ltv_fits_current
from public, anon, authenticated, service_role;

create policy "The service side manages everything" on sync.client_ltv_predictions
for all to service_role using (true) with check (true);
create policy "The service side manages everything" on sync.ltv_fits
for all to service_role using (true) with check (true);
