with launches as (
    select
        tenant_id,
        date_trunc('week', min(occurred_at)) as launched_in
    from {{ ref('fct_messages') }}
    where is_sent and is_by_agent
    group by tenant_id
),

touches as (
    select
        activities.tenant_id,
        activities.owner_id,
        contacts.person_id,
        date_trunc('week', activities.occurred_at) as week_starts_at
    from {{ ref('stg_crm__activities') }} as activities
    inner join {{ ref('stg_crm__contacts') }} as contacts
        on
            activities.tenant_id = contacts.tenant_id
            and activities.contact_id = contacts.contact_id
    where activities.activity_kind != 'note'
    union all
    select
        messages.tenant_id,
        persons.owner_id,
        messages.person_id,
        date_trunc('week', messages.occurred_at) as week_starts_at
    from {{ ref('fct_messages') }} as messages
    inner join {{ ref('dim_persons') }} as persons
        on
            messages.tenant_id = persons.tenant_id
            and messages.person_id = persons.person_id
    where messages.is_sent
),

counted as (
    select
        tenant_id,
        owner_id,
        week_starts_at,
        count(distinct person_id) as persons_touched
    from touches
    where owner_id is not null and week_starts_at is not null
    group by tenant_id, owner_id, week_starts_at
),

reps as (
    select distinct
        tenant_id,
        owner_id
    from counted
),

weeks as (
    select
        tenant_id,
        unnest(generate_series(min(week_starts_at), max(week_starts_at), interval 7 day)) as week_starts_at
    from counted
    group by tenant_id
)

select
    ---------- ids
    concat_ws(':', reps.tenant_id, reps.owner_id, strftime(weeks.week_starts_at, '%Y-%m-%d')) as rep_week_id,
    reps.tenant_id,
    reps.owner_id,

    ---------- numerics
    coalesce(counted.persons_touched, 0) as persons_touched,

    ---------- booleans
    coalesce(weeks.week_starts_at >= launches.launched_in, false) as is_after_launch,

    ---------- timestamps
    cast(weeks.week_starts_at as timestamp) as week_starts_at
from reps
inner join weeks
    on reps.tenant_id = weeks.tenant_id
left join counted
    on
        reps.tenant_id = counted.tenant_id
        and reps.owner_id = counted.owner_id
        and weeks.week_starts_at = counted.week_starts_at
left join launches
    on reps.tenant_id = launches.tenant_id
