with source as (
    select * from {{ lake('crm', 'consents') }}
),

renamed as (
    select
        ---------- ids
        tenant_id,
        consent_id,
        contact_id,

        ---------- texts
        channel,
        purpose,
        basis,
        status,
        source_text,

        ---------- timestamps
        recorded_at
    from source
)

select * from renamed
