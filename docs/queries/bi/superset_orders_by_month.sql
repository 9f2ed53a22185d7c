SELECT DATE_TRUNC('month', order_day) AS order_day,
       store_key AS store_key,
       SUM(net_reporting) AS "Net revenue",
       COUNT(DISTINCT client_id) AS "Clients"
FROM marts.fct_orders
WHERE order_day >= TO_DATE('2024-01-01', 'YYYY-MM-DD')
  AND order_day < TO_DATE('2024-04-01', 'YYYY-MM-DD')
  AND is_lost IS false
GROUP BY DATE_TRUNC('month', order_day),
         store_key
ORDER BY "Net revenue" DESC
LIMIT 10000
