with source as (
    select * from {{ lake('crm', 'persons') }}
),

renamed as (
    select
        ---------- ids
        tenant_id,
        person_id,
        contact_id,

        ---------- texts
        key as joined_by
    from source
)

select * from renamed
