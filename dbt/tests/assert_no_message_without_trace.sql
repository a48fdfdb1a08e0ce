{{ config(meta={'dagster': {'ref': {'name': 'fct_messages'}}}) }}

-- A failing row is a message of which no trace tells: one that is counted, or that a delivery report or a cost names.
with told as (
    select distinct
        tenant_id,
        message_id
    from {{ ref('stg_runtime__messages') }}
),

named as (
    select
        tenant_id,
        message_id,
        'fct_messages' as named_in
    from {{ ref('fct_messages') }}
    union
    select
        tenant_id,
        message_id,
        'stg_runtime__deliveries' as named_in
    from {{ ref('stg_runtime__deliveries') }}
    union
    select
        tenant_id,
        message_id,
        'fct_costs' as named_in
    from {{ ref('fct_costs') }}
    where item = 'message'
)

select
    named.tenant_id,
    named.message_id,
    named.named_in
from named
left join told
    on
        named.tenant_id = told.tenant_id
        and named.message_id = told.message_id
where
    named.message_id != ''
    and told.message_id is null
