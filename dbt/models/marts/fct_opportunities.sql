with deals as (
    select * from {{ ref('stg_crm__opportunities') }}
),

contacts as (
    select
        tenant_id,
        contact_id,
        person_id
    from {{ ref('stg_crm__contacts') }}
),

firsts as (
    select *
    from {{ ref('fct_assignments') }}
    qualify row_number() over (
        partition by tenant_id, person_id
        order by assigned_at, experiment_id
    ) = 1
),

persons as (
    select
        firsts.*,
        people.account_id
    from firsts
    left join {{ ref('dim_persons') }} as people
        on
            firsts.tenant_id = people.tenant_id
            and firsts.person_id = people.person_id
),

accounts as (
    select
        tenant_id,
        account_id,
        arg_min(assignment_id, (assigned_at, person_id)) as assignment_id,
        min(arm) as arm,
        min(assigned_at) as assigned_at
    from persons
    where account_id is not null
    group by tenant_id, account_id
    having count(distinct arm) = 1
),

placed as (
    select
        deals.*,
        contacts.person_id,
        case when persons.person_id is null then accounts.assignment_id else persons.assignment_id end as assignment_id,
        case when persons.person_id is null then accounts.arm else persons.arm end as arm,
        case when persons.person_id is null then accounts.assigned_at else persons.assigned_at end as assigned_at
    from deals
    left join contacts
        on
            deals.tenant_id = contacts.tenant_id
            and deals.contact_id = contacts.contact_id
    left join persons
        on
            contacts.tenant_id = persons.tenant_id
            and contacts.person_id = persons.person_id
    left join accounts
        on
            deals.tenant_id = accounts.tenant_id
            and deals.account_id = accounts.account_id
)

select
    ---------- ids
    placed.opportunity_id,
    placed.tenant_id,
    placed.account_id,
    reached.thread_id,
    placed.person_id,
    placed.owner_id,
    placed.assignment_id,
    reached.campaign_id,

    ---------- texts
    placed.arm,
    reached.playbook,
    placed.stage,

    ---------- numerics
    placed.amount_usd,

    ---------- booleans
    placed.is_won,
    list_contains({{ var("qualified_stages") }}, placed.stage) as is_qualified,
    coalesce(placed.arm != '{{ var("holdout_arm") }}' and placed.opened_at >= placed.assigned_at, false) as is_program,

    ---------- timestamps
    placed.assigned_at,
    placed.opened_at,
    placed.closed_at
from placed
left join {{ ref('int_persons_first_reached') }} as reached
    on
        placed.tenant_id = reached.tenant_id
        and placed.person_id = reached.person_id
