-- Wide enough for any shop, and without a clock: the days do not depend on when it is built.
{{ config(materialized='view', schema='staging') }}

select days.day::date as day
from
  generate_series(timestamp '2000-01-01', timestamp '2049-12-31', interval '1 day') as days (day)
