with source as (
    select * from {{ lake('outreach', 'eligibility') }}
),

renamed as (
    select
        ---------- ids
        tenant_id,
        campaign_id,
        person_id,
        contact_id,

        ---------- texts
        segment,
        nullif(reason, '') as reason_against,

        ---------- booleans
        coalesce(eligible, false) as is_eligible,

        ---------- timestamps
        as_of
    from source
)

select * from renamed
