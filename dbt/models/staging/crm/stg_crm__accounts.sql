with source as (
    select * from {{ lake('crm', 'accounts') }}
),

renamed as (
    select
        ---------- ids
        tenant_id,
        account_id,
        parent_account_id,
        owner_id,

        ---------- texts
        name as account_name,
        domain,
        industry,
        country,
        territory,

        ---------- numerics
        employees,
        revenue_usd,
        health_score,

        ---------- booleans
        coalesce(synthetic, false) as is_synthetic,

        ---------- timestamps
        created_at
    from source
)

select * from renamed
