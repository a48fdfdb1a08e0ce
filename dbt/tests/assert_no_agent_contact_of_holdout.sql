{{ config(meta={'dagster': {'ref': {'name': 'fct_messages'}}}) }}

-- A failing row is a message or a call by which the agent reached, or may have reached, a person of the holdout.
select
    message_id as contact_id,
    person_id,
    arm,
    occurred_at
from {{ ref('fct_messages') }}
where is_sent_to_holdout
union all
select
    call_id as contact_id,
    person_id,
    arm,
    placed_at as occurred_at
from {{ ref('fct_calls') }}
where direction = 'out' and actor = 'agent' and arm = '{{ var("holdout_arm") }}'
