{#- Fails with every row that the model has. -#}
{%- test is_empty(model) -%}
select * from {{ model }}
{%- endtest -%}
