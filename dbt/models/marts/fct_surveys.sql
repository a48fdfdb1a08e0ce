with surveys as (
    select * from {{ ref('stg_runtime__surveys') }}
),

opened as (
    select * from {{ ref('int_threads_opened') }}
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
)

select
    ---------- ids
    surveys.event_id as survey_id,
    surveys.tenant_id,
    surveys.thread_id,
    surveys.person_id,
    assigned.assignment_id,
    assigned.experiment_id,
    opened.campaign_id,

    ---------- texts
    assigned.arm,
    opened.playbook,
    surveys.channel,

    ---------- numerics
    surveys.rating,

    ---------- timestamps
    surveys.occurred_at
from surveys
left join opened
    on
        surveys.tenant_id = opened.tenant_id
        and surveys.thread_id = opened.thread_id
left join assigned
    on
        surveys.tenant_id = assigned.tenant_id
        and surveys.person_id = assigned.person_id
        and coalesce(opened.experiment_id, '') = assigned.named_experiment
