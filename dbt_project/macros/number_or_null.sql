{#
  A text as a number, NULL when it is none: people's own tools write into order lines, and one "n/a"
  must not stop everybody's night. An exponent is how decimals of our own connectors may be spelled.
  Length and exponent are limited, so that no nonsensical number fills the disk. The length is not in
  the pattern: counted repetition takes PostgreSQL three times as long, on ten million values.
#}
{% macro number_or_null(text) -%}
case
  when
    length({{ text }}) <= 40
    and {{ text }} ~ '^[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9][0-9]?)?$'
    then ({{ text }})::numeric
end
{%- endmacro %}
