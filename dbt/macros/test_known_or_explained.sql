{#- Fails with each row that has neither a value nor a reason why not, or both. -#}
{%- test known_or_explained(model, column_name, reason) %}
select *
from {{ model }}
where ({{ column_name }} is null) = (coalesce({{ reason }}, '') = '')
{%- endtest -%}
