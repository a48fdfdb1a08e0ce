with source as (
    select * from {{ lake('experiments', 'assignments') }}
),

renamed as (
    select
        ---------- ids
        tenant_id,
        concat_ws(':', tenant_id, experiment_id, person_id) as assignment_id,
        experiment_id,
        unit_id,
        person_id,
        spec_hash,

        ---------- texts
        arm,
        layer,
        how as assigned_by,

        ---------- timestamps
        assigned_at
    from source
)

select * from renamed
