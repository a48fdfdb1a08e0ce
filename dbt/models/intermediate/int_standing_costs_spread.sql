with period as (
    select
        tenant_id,
        cast(min(occurred_at) as date) as first_day,
        cast(max(occurred_at) as date) as last_day
    from {{ ref('stg_runtime__trace_events') }}
    group by tenant_id
),

prices as (
    select * from {{ ref('int_prices_dated') }}
),

standing as (
    select distinct
        item,
        unit
    from prices
    where a_day is not null
)

select
    ---------- ids
    concat_ws(':', period.tenant_id, standing.item, standing.unit, days.date_day) as cost_id,
    period.tenant_id,

    ---------- texts
    standing.item,
    standing.unit,

    ---------- numerics
    prices.a_day as quantity,

    ---------- timestamps
    cast(days.date_day as timestamp) as occurred_at
from period
inner join {{ ref('dim_days') }} as days
    on days.date_day between period.first_day and period.last_day
cross join standing
left join prices
    on
        standing.item = prices.item
        and standing.unit = prices.unit
        and days.date_day >= prices.valid_from
        and (prices.valid_until is null or days.date_day < prices.valid_until)
