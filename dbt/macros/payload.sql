{#-
    The fields of a trace event's payload as one struct; `fields` maps names to types, nested like the payload.
    A field that is absent or of another type is null, and so is the struct where the payload is no JSON: a malformed
    payload changes its own row only.
-#}
{%- macro payload(fields) -%}
    try(from_json(payload, '{{ tojson(fields) }}'))
{%- endmacro -%}

{#- An ISO 8601 text as a UTC timestamp without zone; null when it is not one. -#}
{%- macro utc(expression) -%}
    cast(try_cast({{ expression }} as timestamptz) as timestamp)
{%- endmacro -%}
