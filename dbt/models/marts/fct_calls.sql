with calls as (
    select
        *,
        min(occurred_at) over (partition by tenant_id, call_id) as placed_at
    from {{ ref('stg_runtime__calls') }}
    qualify row_number() over (
        partition by tenant_id, call_id
        order by occurred_at desc, seq desc, event_id desc
    ) = 1
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
)

select
    ---------- ids
    calls.call_id,
    calls.tenant_id,
    calls.thread_id,
    calls.person_id,
    calls.task_id,
    calls.campaign_id,
    assigned.assignment_id,
    assigned.experiment_id,

    ---------- texts
    coalesce(assigned.arm, calls.traced_arm) as arm,
    calls.playbook,
    calls.direction,
    calls.actor,
    calls.answered_by,
    calls.outcome,
    calls.language,

    ---------- numerics
    calls.duration_s,

    ---------- booleans
    (
        calls.direction = 'out'
        and calls.actor = 'agent'
        and coalesce(calls.outcome != 'failed', false)
    ) as is_placed,
    (
        calls.direction = 'out'
        and calls.actor = 'agent'
        and coalesce(calls.outcome != 'failed' and calls.answered_by = 'person', false)
    ) as is_answered,

    ---------- timestamps
    calls.placed_at,
    calls.occurred_at as ended_at
from calls
left join assigned
    on
        calls.tenant_id = assigned.tenant_id
        and calls.person_id = assigned.person_id
        and coalesce(calls.experiment_id, '') = assigned.named_experiment
