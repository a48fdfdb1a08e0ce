select
    tenant_id,
    person_id,
    min(occurred_at) as first_message_at,
    arg_min(thread_id, (occurred_at, message_id)) as thread_id,
    arg_min(playbook, (occurred_at, message_id)) as playbook,
    arg_min(campaign_id, (occurred_at, message_id)) as campaign_id
from {{ ref('int_messages_settled') }}
where person_id is not null and state in ('SENT', 'RECEIVED')
group by tenant_id, person_id
