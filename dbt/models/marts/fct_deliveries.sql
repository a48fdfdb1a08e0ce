with reports as (
    select * from {{ ref('stg_runtime__deliveries') }}
),

messages as (
    select
        tenant_id,
        message_id,
        playbook,
        campaign_id,
        experiment_id,
        channel,
        actor
    from {{ ref('int_messages_settled') }}
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
)

select
    ---------- ids
    reports.event_id as delivery_id,
    reports.tenant_id,
    messages.message_id,
    reports.thread_id,
    reports.person_id,
    assigned.assignment_id,
    assigned.experiment_id,
    messages.campaign_id,

    ---------- texts
    assigned.arm,
    messages.playbook,
    messages.channel,
    messages.actor,
    reports.status,
    reports.status_code,
    reports.reported_by,

    ---------- timestamps
    reports.occurred_at
from reports
left join messages
    on
        reports.tenant_id = messages.tenant_id
        and reports.message_id = messages.message_id
left join assigned
    on
        reports.tenant_id = assigned.tenant_id
        and reports.person_id = assigned.person_id
        and coalesce(messages.experiment_id, '') = assigned.named_experiment
