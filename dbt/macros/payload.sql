{#-
    The fields of a trace event's payload as one struct; `fields` maps names to types, nested like the payload.
    A field that is absent or of another type is null: a malformed payload changes its own row only.
-#}
{%- macro payload(fields) -%}
    from_json(payload, '{{ tojson(fields) }}')
{%- endmacro -%}

{#- An ISO 8601 text as a UTC timestamp without zone; null when it is not one. -#}
{%- macro utc(expression) -%}
    cast(try_cast({{ expression }} as timestamptz) as timestamp)
{%- endmacro -%}
