with events as (
    select
        *,
        {{ payload({
            'proposal_id': 'VARCHAR', 'is_first': 'BOOLEAN', 'touch_class': 'VARCHAR', 'actor': 'VARCHAR',
            'action': 'VARCHAR', 'decision': 'VARCHAR', 'rules_hit': ['VARCHAR'], 'campaign_id': 'VARCHAR',
            'playbook': 'VARCHAR', 'experiment_id': 'VARCHAR', 'arm': 'VARCHAR', 'task_id': 'VARCHAR'
        }) }} as fields
    from {{ ref('stg_runtime__trace_events') }}
    where kind = 'policy'
)

select
    ---------- ids
    event_id,
    tenant_id,
    fields.proposal_id as proposal_id,
    thread_id,
    person_id,
    nullif(fields.task_id, '') as task_id,
    nullif(fields.campaign_id, '') as campaign_id,
    nullif(fields.experiment_id, '') as experiment_id,

    ---------- texts
    nullif(fields.arm, '') as traced_arm,
    fields.touch_class as touch_class,
    fields.actor as actor,
    fields.action as action,
    fields.decision as decision,
    nullif(fields.playbook, '') as playbook,
    coalesce(fields.rules_hit, []) as rules_hit,

    ---------- numerics
    seq,

    ---------- booleans
    coalesce(fields.is_first, false) as is_first,

    ---------- timestamps
    occurred_at
from events
