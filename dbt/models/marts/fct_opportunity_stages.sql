with opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
),

contacts as (
    select
        tenant_id,
        contact_id,
        person_id
    from {{ ref('stg_crm__contacts') }}
),

stages as (
    select
        *,
        'opened' as reached,
        opened_at as entered_at,
        cast(null as double) as days_open
    from opportunities
    where opened_at is not null
    union all
    select
        *,
        stage as reached,
        cast(null as timestamp) as entered_at,
        cast(null as double) as days_open
    from opportunities
    where closed_at is null and not is_won and stage is not null and stage != 'opened'
    union all
    select
        *,
        case when is_won then 'won' else 'lost' end as reached,
        closed_at as entered_at,
        date_diff('microsecond', opened_at, closed_at) / 86400e6 as days_open
    from opportunities
    where closed_at is not null or is_won
),

reached as (
    select * from {{ ref('int_persons_first_reached') }}
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
    where named_experiment = ''
)

select
    ---------- ids
    concat_ws(':', stages.tenant_id, stages.opportunity_id, stages.reached) as opportunity_stage_id,
    stages.tenant_id,
    stages.opportunity_id,
    reached.thread_id,
    contacts.person_id,
    assigned.assignment_id,
    assigned.experiment_id,
    reached.campaign_id,

    ---------- texts
    assigned.arm,
    reached.playbook,
    stages.reached as stage,

    ---------- numerics
    stages.amount_usd,
    stages.days_open,

    ---------- timestamps
    stages.opened_at,
    stages.entered_at
from stages
left join contacts
    on
        stages.tenant_id = contacts.tenant_id
        and stages.contact_id = contacts.contact_id
left join reached
    on
        contacts.tenant_id = reached.tenant_id
        and contacts.person_id = reached.person_id
left join assigned
    on
        contacts.tenant_id = assigned.tenant_id
        and contacts.person_id = assigned.person_id
