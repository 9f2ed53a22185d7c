SELECT
  "marts"."fct_daily_shop"."organization_id" AS "organization_id",
  CAST(
    DATE_TRUNC('week', CAST("marts"."fct_daily_shop"."period_day" AS timestamp)) AS date
  ) AS "period_day",
  SUM("marts"."fct_daily_shop"."net_reporting") AS "sum"
FROM
  "marts"."fct_daily_shop"
WHERE
  "marts"."fct_daily_shop"."period_day" >= DATE '2024-01-01'
  AND "marts"."fct_daily_shop"."period_day" < DATE '2024-04-01'
GROUP BY
  "marts"."fct_daily_shop"."organization_id",
  CAST(
    DATE_TRUNC('week', CAST("marts"."fct_daily_shop"."period_day" AS timestamp)) AS date
  )
ORDER BY
  "marts"."fct_daily_shop"."organization_id" ASC,
  CAST(
    DATE_TRUNC('week', CAST("marts"."fct_daily_shop"."period_day" AS timestamp)) AS date
  ) ASC
