with source as (
    select * from {{ lake('intent', 'signals') }}
),

renamed as (
    select
        ---------- ids
        tenant_id,
        signal_id,
        account_id,
        contact_id,

        ---------- texts
        kind as signal_kind,
        topic,

        ---------- numerics
        strength,

        ---------- timestamps
        occurred_at
    from source
)

select * from renamed
