with meetings as (
    select * from {{ ref('int_meetings_merged') }}
),

opened as (
    select * from {{ ref('int_threads_opened') }}
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
)

select
    ---------- ids
    meetings.event_uid,
    meetings.tenant_id,
    meetings.thread_id,
    meetings.person_id,
    meetings.owner_id,
    meetings.message_id,
    assigned.assignment_id,
    assigned.experiment_id,
    opened.campaign_id,

    ---------- texts
    opened.playbook,
    coalesce(assigned.arm, meetings.traced_arm) as arm,
    meetings.actor,
    meetings.last_status,

    ---------- booleans
    meetings.is_set,
    meetings.is_set and meetings.last_status not in ('cancelled', 'declined') as is_standing,
    meetings.is_accepted,
    meetings.is_held,
    meetings.is_no_show,
    coalesce(assigned.arm, meetings.traced_arm, '') != '{{ var("holdout_arm") }}' as is_program,
    bool_or(meetings.is_answered) over (partition by meetings.tenant_id) as are_answers_reported,

    ---------- timestamps
    coalesce(meetings.confirmed_at, meetings.first_seen_at) as set_at,
    meetings.starts_at,
    meetings.ends_at
from meetings
left join opened
    on
        meetings.tenant_id = opened.tenant_id
        and meetings.thread_id = opened.thread_id
left join assigned
    on
        meetings.tenant_id = assigned.tenant_id
        and meetings.person_id = assigned.person_id
        and coalesce(meetings.experiment_id, '') = assigned.named_experiment
