-- Clients in ten equal parts by lifetime value; 10 is the most valuable. A prediction made before the
-- organization chose another reporting currency is none in this one.
with clients as (
  select
    c.ltv_decile,
    c.ltv,
    c.predicted_as_of,
    case when c.predicted_currency = c.reporting_currency then c.predicted_ltv_365d end
      as predicted_ltv_365d
  from marts.fct_client_ltv as c
  where
    c.organization_id = %(organization_id)s
    and c.ltv_decile is not null
)

select
  l.ltv_decile,
  count(*) as clients,
  sum(l.ltv) as historic,
  avg(l.ltv) as historic_average,
  count(l.predicted_ltv_365d) as predicted_clients,
  avg(l.predicted_ltv_365d) as predicted_average,
  max(l.predicted_as_of) as predicted_as_of
from clients as l
group by l.ltv_decile
order by l.ltv_decile
