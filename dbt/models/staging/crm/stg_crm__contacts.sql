with source as (
    select * from {{ lake('crm', 'contacts') }}
),

renamed as (
    select
        ---------- ids
        tenant_id,
        contact_id,
        person_id,
        account_id,
        owner_id,

        ---------- texts
        title,
        seniority,
        country,
        language,
        time_zone,
        lead_stage,

        ---------- booleans
        coalesce(do_not_contact, false) as is_do_not_contact,
        coalesce(synthetic, false) as is_synthetic,

        ---------- timestamps
        lead_created_at,
        last_touch_at
    from source
)

select * from renamed
