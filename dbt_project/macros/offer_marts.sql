{#
  Lets analysts read every mart and the five views, and members of an organization their rows of
  every mart as public.my_<mart>: the database goes by what is in schema marts, so a new mart needs
  nothing here and none can be forgotten. See migrations/20261126030300_analysts.sql.
#}
{% macro offer_marts() %}
{% if execute and flags.WHICH in ('build', 'run') %}
select private.offer_marts()
{% endif %}
{% endmacro %}
