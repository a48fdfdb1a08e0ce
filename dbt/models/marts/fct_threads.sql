with threads as (
    select
        tenant_id,
        thread_id,
        arg_min(person_id, (occurred_at, seq)) as person_id,
        min(occurred_at) as first_event_at
    from {{ ref('stg_runtime__trace_events') }}
    where thread_id is not null
    group by tenant_id, thread_id
),

talked as (
    select * from {{ ref('fct_messages') }}
    where is_sent or is_reply
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
),

opened as (
    select * from {{ ref('int_threads_opened') }}
),

qualified as (
    select * from {{ ref('int_threads_qualified') }}
),

conversations as (
    select
        tenant_id,
        thread_id,
        max(occurred_at) as last_message_at,
        count(*) filter (where is_sent and is_by_agent) as agent_messages,
        count(*) filter (where is_sent and not is_by_agent) as human_messages,
        count(*) filter (where is_reply) as replies,
        count(*) as turns,
        bool_or(is_reply) as is_engaged,
        bool_or(is_positive) as is_positive,
        bool_or(is_opt_out) as is_opted_out
    from talked
    group by tenant_id, thread_id
),

meetings as (
    select
        tenant_id,
        thread_id,
        min(set_at) as met_at
    from {{ ref('fct_meetings') }}
    where is_set
    group by tenant_id, thread_id
),

answers as (
    select
        tenant_id,
        thread_id,
        lead_created_at,
        actor as first_response_by,
        date_diff('second', lead_created_at, occurred_at) / 60.0 as response_minutes
    from talked
    where is_sent and lead_created_at is not null
    qualify row_number() over (
        partition by tenant_id, thread_id
        order by occurred_at, message_id
    ) = 1
)

select
    ---------- ids
    threads.thread_id,
    threads.tenant_id,
    threads.person_id,
    assigned.assignment_id,
    assigned.experiment_id,
    opened.campaign_id,

    ---------- texts
    assigned.arm,
    opened.playbook,
    opened.language,
    opened.opened_by,
    answers.first_response_by,

    ---------- numerics
    coalesce(conversations.agent_messages, 0) as agent_messages,
    coalesce(conversations.human_messages, 0) as human_messages,
    coalesce(conversations.replies, 0) as replies,
    coalesce(conversations.turns, 0) as turns,
    case when answers.first_response_by = 'agent' then answers.response_minutes end
        as agent_response_minutes,
    case when answers.first_response_by = 'human' then answers.response_minutes end
        as human_response_minutes,

    ---------- booleans
    coalesce(conversations.is_engaged, false) as is_engaged,
    (
        coalesce(conversations.is_engaged, false)
        and (coalesce(conversations.is_positive, false) or meetings.met_at is not null)
    ) as has_positive_intent,
    meetings.met_at is not null as has_meeting,
    coalesce(conversations.is_opted_out, false) as is_opted_out,
    qualified.thread_id is not null as is_checked_for_fit,
    coalesce(qualified.is_qualified, false) as is_qualified,

    ---------- timestamps
    coalesce(opened.opened_at, threads.first_event_at) as opened_at,
    conversations.last_message_at,
    answers.lead_created_at
from threads
left join opened
    on
        threads.tenant_id = opened.tenant_id
        and threads.thread_id = opened.thread_id
left join qualified
    on
        threads.tenant_id = qualified.tenant_id
        and threads.thread_id = qualified.thread_id
left join assigned
    on
        threads.tenant_id = assigned.tenant_id
        and threads.person_id = assigned.person_id
        and coalesce(opened.experiment_id, '') = assigned.named_experiment
left join conversations
    on
        threads.tenant_id = conversations.tenant_id
        and threads.thread_id = conversations.thread_id
left join meetings
    on
        threads.tenant_id = meetings.tenant_id
        and threads.thread_id = meetings.thread_id
left join answers
    on
        threads.tenant_id = answers.tenant_id
        and threads.thread_id = answers.thread_id
