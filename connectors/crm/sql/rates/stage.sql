-- Expects nothing; `copy` fills it. Gone with the transaction.
create temporary table staged_rates (
  currency text not null,
  rate_date date not null,
  rate numeric(18, 8) not null,
  primary key (currency, rate_date)
) on commit drop
