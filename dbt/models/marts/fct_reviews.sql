with reviews as (
    -- whoever scores a message again corrects the score before
    select * from {{ ref('stg_runtime__reviews') }}
    where what not in ('time_study', 'edited', 'sent_back', 'snoozed', 'taken_over', 'given_back')
    qualify what != 'score' or row_number() over (
        partition by tenant_id, what, message_id, reviewer
        order by occurred_at desc, event_id desc
    ) = 1
),

opened as (
    select * from {{ ref('int_threads_opened') }}
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
)

select
    ---------- ids
    reviews.event_id as review_id,
    reviews.tenant_id,
    reviews.message_id,
    reviews.thread_id,
    reviews.person_id,
    assigned.assignment_id,
    assigned.experiment_id,
    opened.campaign_id,

    ---------- texts
    assigned.arm,
    coalesce(reviews.playbook, opened.playbook) as playbook,
    reviews.actor,
    reviews.what,
    reviews.decision,
    reviews.objection,
    reviews.tags,

    ---------- numerics
    reviews.accuracy,
    reviews.tone,
    reviews.adherence,
    reviews.changed,

    ---------- booleans
    reviews.is_edited,

    ---------- timestamps
    reviews.occurred_at
from reviews
left join opened
    on
        reviews.tenant_id = opened.tenant_id
        and reviews.thread_id = opened.thread_id
left join assigned
    on
        reviews.tenant_id = assigned.tenant_id
        and reviews.person_id = assigned.person_id
        and coalesce(opened.experiment_id, '') = assigned.named_experiment
