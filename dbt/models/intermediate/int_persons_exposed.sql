with reached as (
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
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
    where named_experiment = ''
)

select
    ---------- ids
    coalesce(assigned.tenant_id, reached.tenant_id) as tenant_id,
    coalesce(assigned.person_id, reached.person_id) as person_id,
    assigned.assignment_id,
    assigned.experiment_id,
    reached.thread_id,
    reached.campaign_id,

    ---------- texts
    assigned.arm,
    reached.playbook,

    ---------- timestamps
    assigned.assigned_at,
    reached.first_message_at
from assigned
full outer join reached
    on
        assigned.tenant_id = reached.tenant_id
        and assigned.person_id = reached.person_id
