{{ config(meta={'dagster': {'ref': {'name': 'fct_messages'}}}) }}

-- A failing row is a message or a call that we started, by the agent or a person, after its buyer had said stop.
select
    message_id as contact_id,
    person_id,
    actor,
    occurred_at
from {{ ref('fct_messages') }}
where is_sent_after_opt_out
union all
select
    calls.call_id as contact_id,
    calls.person_id,
    calls.actor,
    calls.placed_at as occurred_at
from {{ ref('fct_calls') }} as calls
inner join {{ ref('int_persons_opted_out') }} as opted_out
    on
        calls.tenant_id = opted_out.tenant_id
        and calls.person_id = opted_out.person_id
        and calls.placed_at > opted_out.opted_out_at
where calls.direction = 'out'
