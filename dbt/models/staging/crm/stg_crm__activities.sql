with source as (
    select * from {{ lake('crm', 'activities') }}
),

renamed as (
    select
        ---------- ids
        tenant_id,
        activity_id,
        contact_id,
        owner_id,

        ---------- texts
        kind as activity_kind,

        ---------- timestamps
        occurred_at
    from source
)

select * from renamed
