with source as (
    select * from {{ lake('usage', 'daily') }}
),

renamed as (
    select
        ---------- ids
        concat_ws(':', tenant_id, account_id, day, metric) as usage_id,
        tenant_id,
        account_id,

        ---------- texts
        metric as usage_metric,

        ---------- numerics
        value as usage_value,

        ---------- timestamps
        day as used_on
    from source
)

select * from renamed
