with turns as (
    select * from {{ ref('stg_runtime__turns') }}
    qualify row_number() over (
        partition by tenant_id, turn_id
        order by seq desc, occurred_at desc, event_id desc
    ) = 1
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
)

select
    ---------- ids
    turns.turn_id,
    turns.tenant_id,
    turns.thread_id,
    turns.person_id,
    turns.contact_id,
    turns.observation_id,
    turns.task_id,
    turns.campaign_id,
    assigned.assignment_id,
    assigned.experiment_id,

    ---------- texts
    coalesce(assigned.arm, turns.traced_arm) as arm,
    turns.actor,
    turns.playbook,
    turns.observation_kind,
    turns.intent,
    turns.language,
    turns.objections,
    turns.action,
    turns.reason,
    turns.decision,
    turns.state_before,
    turns.state_after,
    turns.code_version,
    turns.playbook_version,
    turns.content_version,
    turns.model_version,
    turns.policy_version,

    ---------- numerics
    turns.touch,
    turns.confidence,
    turns.read_ms,
    turns.plan_ms,
    turns.send_ms,

    ---------- booleans
    turns.is_abstained,
    turns.is_opt_out,

    ---------- timestamps
    turns.occurred_at,
    turns.deferred_until
from turns
left join assigned
    on
        turns.tenant_id = assigned.tenant_id
        and turns.person_id = assigned.person_id
        and coalesce(turns.experiment_id, '') = assigned.named_experiment
