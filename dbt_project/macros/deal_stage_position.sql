{#
  Where a stage lies in the pipeline, 1 to 5; NULL for closed_lost, which lies nowhere on the way to
  closed_won. One list for every model that asks whether a deal went forward.
#}
{% macro deal_stage_position(stage) -%}
array_position(
    array['prospecting', 'qualification', 'proposal', 'negotiation', 'closed_won'], {{ stage }}
)
{%- endmacro %}
