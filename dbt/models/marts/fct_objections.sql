with turns as (
    select * from {{ ref('fct_turns') }}
    where actor = 'agent' and len(objections) > 0
),

steps as (
    select
        tenant_id,
        thread_id,
        occurred_at
    from {{ ref('fct_messages') }}
    where is_positive
    union all
    select
        tenant_id,
        thread_id,
        set_at as occurred_at
    from {{ ref('fct_meetings') }}
    where is_set
),

progressed as (
    select distinct
        turns.tenant_id,
        turns.turn_id
    from turns
    inner join steps
        on
            turns.tenant_id = steps.tenant_id
            and turns.thread_id = steps.thread_id
            and turns.occurred_at < steps.occurred_at
)

select
    ---------- ids
    turns.turn_id,
    turns.tenant_id,
    turns.thread_id,
    turns.person_id,
    turns.assignment_id,
    turns.experiment_id,
    turns.campaign_id,

    ---------- texts
    turns.arm,
    turns.playbook,
    turns.action,
    turns.objections,
    turns.objections[1] as theme,

    ---------- booleans
    turns.action in ('answer', 'ask', 'share_asset', 'propose_times', 'book') as is_handled,
    (
        turns.action in ('answer', 'ask', 'share_asset', 'propose_times', 'book')
        and progressed.turn_id is not null
    ) as is_resolved,

    ---------- timestamps
    turns.occurred_at
from turns
left join progressed
    on
        turns.tenant_id = progressed.tenant_id
        and turns.turn_id = progressed.turn_id
