with contacts as (
    select * from {{ ref('dim_contacts') }}
    where is_first
),

segments as (
    select
        tenant_id,
        person_id,
        arg_max(segment, coalesce(as_of, timestamp '2000-01-01')) as segment
    from {{ ref('stg_outreach__eligibility') }}
    group by tenant_id, person_id
),

persons as (
    select
        tenant_id,
        person_id
    from contacts
    union
    select
        tenant_id,
        person_id
    from {{ ref('stg_experiments__assignments') }}
    union
    select
        tenant_id,
        person_id
    from {{ ref('stg_outreach__eligibility') }}
    union
    select
        tenant_id,
        person_id
    from {{ ref('stg_runtime__trace_events') }}
    where person_id is not null
)

select
    ---------- ids
    persons.tenant_id,
    persons.person_id,
    contacts.contact_id,
    contacts.account_id,
    contacts.owner_id,

    ---------- texts
    segments.segment,
    contacts.seniority,
    contacts.country,
    contacts.language,
    contacts.time_zone,
    contacts.lead_stage,

    ---------- booleans
    contacts.person_id is not null as is_in_crm,
    coalesce(contacts.is_do_not_contact, false) as is_do_not_contact,
    coalesce(contacts.is_synthetic, false) as is_synthetic
from persons
left join contacts
    on
        persons.tenant_id = contacts.tenant_id
        and persons.person_id = contacts.person_id
left join segments
    on
        persons.tenant_id = segments.tenant_id
        and persons.person_id = segments.person_id
