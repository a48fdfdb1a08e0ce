with suppressions as (
    select * from {{ ref('stg_runtime__suppressions') }}
),

opened as (
    select * from {{ ref('int_threads_opened') }}
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
)

select
    ---------- ids
    suppressions.event_id as suppression_id,
    suppressions.tenant_id,
    suppressions.thread_id,
    suppressions.person_id,
    suppressions.source_message_id,
    assigned.assignment_id,
    assigned.experiment_id,
    opened.campaign_id,

    ---------- texts
    opened.playbook,
    assigned.arm,
    suppressions.channel,
    suppressions.reason,

    ---------- booleans
    suppressions.reason in ('opt_out', 'objection') as is_opt_out,

    ---------- timestamps
    suppressions.occurred_at
from suppressions
left join opened
    on
        suppressions.tenant_id = opened.tenant_id
        and suppressions.thread_id = opened.thread_id
left join assigned
    on
        suppressions.tenant_id = assigned.tenant_id
        and suppressions.person_id = assigned.person_id
        and assigned.named_experiment = ''
