with checks as (
    select * from {{ ref('stg_runtime__policies') }}
),

messages as (
    select * from {{ ref('int_messages_settled') }}
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
)

select
    ---------- ids
    checks.event_id as policy_check_id,
    checks.tenant_id,
    checks.proposal_id,
    checks.thread_id,
    checks.person_id,
    checks.task_id,
    checks.campaign_id,
    assigned.assignment_id,
    assigned.experiment_id,

    ---------- texts
    coalesce(assigned.arm, checks.traced_arm) as arm,
    checks.touch_class,
    checks.actor,
    checks.action,
    checks.decision,
    checks.playbook,
    checks.rules_hit,

    ---------- booleans
    checks.is_first and checks.actor = 'agent' as is_first_proposal,
    (
        checks.is_first
        and checks.actor = 'agent'
        and (
            checks.decision = 'allow' and len(checks.rules_hit) = 0
            -- waiting for a person's leave is a procedure, not a breach
            or checks.decision = 'escalate' and checks.rules_hit = ['approval']
        )
    ) as is_passed_at_first,
    (
        checks.is_first
        and checks.actor = 'agent'
        and coalesce(messages.state = 'SENT', false)
    ) as is_sent_in_the_end,

    ---------- timestamps
    checks.occurred_at
from checks
left join messages
    on
        checks.tenant_id = messages.tenant_id
        and checks.proposal_id = messages.message_id
left join assigned
    on
        checks.tenant_id = assigned.tenant_id
        and checks.person_id = assigned.person_id
        and coalesce(checks.experiment_id, '') = assigned.named_experiment
