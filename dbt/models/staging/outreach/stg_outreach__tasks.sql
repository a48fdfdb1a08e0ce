with source as (
    select * from {{ lake('outreach', 'tasks') }}
),

renamed as (
    select
        ---------- ids
        tenant_id,
        task_id,
        campaign_id,
        person_id,
        contact_id,
        account_id,
        owner_id,
        experiment_id,

        ---------- texts
        playbook,
        arm,
        mailbox,
        autonomy,
        reason,

        ---------- numerics
        campaign_version,
        playbook_version,
        touch,

        ---------- timestamps
        not_before,
        expires_at
    from source
)

select * from renamed
