with meetings as (
    select * from {{ ref('stg_runtime__meetings') }}
)

select
    tenant_id,
    event_uid,
    arg_min(thread_id, (occurred_at, seq)) as thread_id,
    arg_min(person_id, (occurred_at, seq)) as person_id,
    arg_min(owner_id, (occurred_at, seq)) as owner_id,
    arg_min(message_id, (occurred_at, seq)) as message_id,
    arg_min(experiment_id, (occurred_at, seq)) as experiment_id,
    arg_min(traced_arm, (occurred_at, seq)) as traced_arm,
    coalesce(
        arg_min(actor, (occurred_at, seq)) filter (where status = 'confirmed'),
        arg_min(actor, (occurred_at, seq))
    ) as actor,
    arg_max(status, (occurred_at, seq)) as last_status,
    arg_max(starts_at, (occurred_at, seq)) as starts_at,
    arg_max(ends_at, (occurred_at, seq)) as ends_at,
    min(occurred_at) filter (where status = 'confirmed') as confirmed_at,
    min(occurred_at) as first_seen_at,
    bool_or(status = 'confirmed') as is_set,
    bool_or(status = 'accepted') as is_accepted,
    bool_or(status in ('accepted', 'tentative', 'declined')) as is_answered,
    bool_or(status = 'held') as is_held,
    bool_or(status = 'no_show') as is_no_show
from meetings
group by tenant_id, event_uid
