with persons as (
    select
        tenant_id,
        account_id,
        count(*) as persons
    from {{ ref('dim_persons') }}
    group by tenant_id, account_id
)

select
    accounts.*,
    coalesce(persons.persons, 0) as persons
from {{ ref('stg_crm__accounts') }} as accounts
left join persons
    on
        accounts.tenant_id = persons.tenant_id
        and accounts.account_id = persons.account_id
