{#
  A text as a number, NULL when it is none: people's own tools write into order lines, and one "n/a"
  must not stop everybody's night. An exponent is how decimals of our own connectors may be spelled;
  two digits of it keep a nonsensical one from filling the disk.
#}
{% macro number_or_null(text) -%}
case
  when {{ text }} ~ '^[+-]?[0-9]{1,18}(\.[0-9]{0,18})?([eE][+-]?[0-9]{1,2})?$'
    then ({{ text }})::numeric
end
{%- endmacro %}
