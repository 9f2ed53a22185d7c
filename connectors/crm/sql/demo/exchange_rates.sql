-- Rates for the demo, near the real ones of their quarters but nobody's quotation.
-- Expects nothing. A rate that is already there (a real one) stays. Rates belong to no organization.
insert into sync.exchange_rates (base_currency, quote_currency, rate_date, rate, source)
values
('EUR', 'USD', '2015-01-01', 1.11, 'storeloom demo'),
('EUR', 'USD', '2022-01-01', 1.12, 'storeloom demo'),
('EUR', 'USD', '2022-07-01', 1.01, 'storeloom demo'),
('EUR', 'USD', '2023-01-01', 1.08, 'storeloom demo'),
('EUR', 'USD', '2024-01-01', 1.08, 'storeloom demo'),
('EUR', 'USD', '2025-01-01', 1.05, 'storeloom demo'),
('EUR', 'USD', '2025-07-01', 1.16, 'storeloom demo'),
('EUR', 'USD', '2026-01-01', 1.17, 'storeloom demo')
on conflict (base_currency, quote_currency, rate_date) do nothing
