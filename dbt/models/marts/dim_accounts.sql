with persons as (
    select
        tenant_id,
        account_id,
        count(*) as persons
    from {{ ref('dim_persons') }}
    group by tenant_id, account_id
)

select
    ---------- ids
    accounts.account_id,
    accounts.tenant_id,
    accounts.parent_account_id,
    accounts.owner_id,

    ---------- texts
    accounts.account_name,
    accounts.domain,
    accounts.industry,
    accounts.country,
    accounts.territory,

    ---------- numerics
    accounts.employees,
    accounts.revenue_usd,
    accounts.health_score,
    coalesce(persons.persons, 0) as persons,

    ---------- booleans
    accounts.is_synthetic,

    ---------- timestamps
    accounts.created_at
from {{ ref('stg_crm__accounts') }} as accounts
left join persons
    on
        accounts.tenant_id = persons.tenant_id
        and accounts.account_id = persons.account_id
