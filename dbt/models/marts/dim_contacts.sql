with joined as (
    select
        tenant_id,
        contact_id,
        min(joined_by) as joined_by
    from {{ ref('stg_crm__persons') }}
    group by tenant_id, contact_id
)

select
    ---------- ids
    contacts.contact_id,
    contacts.tenant_id,
    contacts.person_id,
    contacts.account_id,
    contacts.owner_id,

    ---------- texts
    contacts.title,
    contacts.seniority,
    contacts.country,
    contacts.language,
    contacts.time_zone,
    contacts.lead_stage,
    joined.joined_by,

    ---------- booleans
    row_number() over (
        partition by contacts.tenant_id, contacts.person_id
        order by contacts.contact_id
    ) = 1 as is_first,
    contacts.is_do_not_contact,
    contacts.is_synthetic,

    ---------- timestamps
    contacts.lead_created_at,
    contacts.last_touch_at
from {{ ref('stg_crm__contacts') }} as contacts
left join joined
    on
        contacts.tenant_id = joined.tenant_id
        and contacts.contact_id = joined.contact_id
