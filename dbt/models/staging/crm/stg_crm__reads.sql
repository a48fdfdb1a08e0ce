with source as (
    select * from {{ lake('crm', 'reads') }}
),

renamed as (
    select
        ---------- ids
        tenant_id,

        ---------- timestamps
        read_at
    from source
)

select * from renamed
