with source as (
    select * from {{ lake('crm', 'opportunities') }}
),

renamed as (
    select
        ---------- ids
        tenant_id,
        opportunity_id,
        account_id,
        contact_id,
        owner_id,

        ---------- texts
        product,
        stage,
        lost_reason,

        ---------- numerics
        amount_usd,

        ---------- booleans
        coalesce(is_won, false) as is_won,

        ---------- timestamps
        opened_at,
        closed_at
    from source
)

select * from renamed
