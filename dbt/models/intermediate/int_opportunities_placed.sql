with deals as (
    select * from {{ ref('stg_crm__opportunities') }}
),

persons as (
    select * from {{ ref('int_persons_exposed') }}
),

accounts as (
    select
        persons.tenant_id,
        people.account_id,
        arg_min(persons.assignment_id, (persons.assigned_at, persons.person_id)) as assignment_id,
        arg_min(persons.experiment_id, (persons.assigned_at, persons.person_id)) as experiment_id,
        min(persons.arm) as arm,
        min(persons.assigned_at) as assigned_at
    from persons
    inner join {{ ref('dim_persons') }} as people
        on
            persons.tenant_id = people.tenant_id
            and persons.person_id = people.person_id
    where people.account_id is not null and persons.assignment_id is not null
    group by persons.tenant_id, people.account_id
    having count(distinct persons.arm) = 1
)

select
    deals.tenant_id,
    deals.opportunity_id,
    deals.account_id,
    deals.owner_id,
    deals.stage,
    deals.amount_usd,
    deals.is_won,
    deals.opened_at,
    deals.closed_at,
    contacts.person_id,
    persons.thread_id,
    persons.campaign_id,
    persons.playbook,
    coalesce(persons.assignment_id, accounts.assignment_id) as assignment_id,
    coalesce(persons.experiment_id, accounts.experiment_id) as experiment_id,
    coalesce(persons.arm, accounts.arm) as arm,
    coalesce(persons.assigned_at, accounts.assigned_at) as assigned_at
from deals
left join {{ ref('stg_crm__contacts') }} as contacts
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
