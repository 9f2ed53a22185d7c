-- Clients in ten equal parts by lifetime value; 10 is the most valuable.
select
  l.ltv_decile,
  count(*) as clients,
  sum(l.ltv) as historic,
  avg(l.ltv) as historic_average,
  count(l.predicted_ltv_365d) as predicted_clients,
  avg(l.predicted_ltv_365d) as predicted_average,
  max(l.predicted_as_of) as predicted_as_of
from marts.fct_client_ltv as l
where
  l.organization_id = %(organization_id)s
  and l.ltv_decile is not null
group by l.ltv_decile
order by l.ltv_decile
