select
    tenant_id,
    thread_id,
    min(occurred_at) as opened_at,
    arg_min(actor, (occurred_at, message_id)) as opened_by,
    arg_min(playbook, (occurred_at, message_id)) as playbook,
    arg_min(campaign_id, (occurred_at, message_id)) as campaign_id,
    arg_min(experiment_id, (occurred_at, message_id)) as experiment_id,
    arg_min(language, (occurred_at, message_id)) as language,
    arg_min(traced_arm, (occurred_at, message_id)) as traced_arm
from {{ ref('int_messages_settled') }}
where
    thread_id is not null
    and state in ('SENT', 'RECEIVED')
    and not is_auto_reply
group by tenant_id, thread_id
