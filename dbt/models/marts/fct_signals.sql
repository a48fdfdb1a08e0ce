with signals as (
    select
        signals.*,
        persons.person_id
    from {{ ref('stg_intent__signals') }} as signals
    left join {{ ref('stg_crm__persons') }} as persons
        on
            signals.tenant_id = persons.tenant_id
            and signals.contact_id = persons.contact_id
),

sent as (
    select
        messages.tenant_id,
        messages.person_id,
        persons.account_id,
        messages.occurred_at
    from {{ ref('fct_messages') }} as messages
    inner join {{ ref('dim_persons') }} as persons
        on
            messages.tenant_id = persons.tenant_id
            and messages.person_id = persons.person_id
    where messages.is_sent
),

answers as (
    select
        signals.tenant_id,
        signals.signal_id,
        sent.occurred_at
    from signals
    inner join sent
        on
            signals.tenant_id = sent.tenant_id
            and signals.person_id = sent.person_id
            and signals.occurred_at <= sent.occurred_at
            and signals.occurred_at + interval 7 day > sent.occurred_at
    union all
    select
        signals.tenant_id,
        signals.signal_id,
        sent.occurred_at
    from signals
    inner join sent
        on
            signals.tenant_id = sent.tenant_id
            and signals.account_id = sent.account_id
            and signals.occurred_at <= sent.occurred_at
            and signals.occurred_at + interval 7 day > sent.occurred_at
    where signals.person_id is null
),

followed as (
    select
        tenant_id,
        signal_id,
        min(occurred_at) as followed_at
    from answers
    group by tenant_id, signal_id
),

launches as (
    select
        tenant_id,
        min(occurred_at) as launched_at
    from sent
    group by tenant_id
)

select
    ---------- ids
    signals.signal_id,
    signals.tenant_id,
    signals.account_id,
    signals.person_id,

    ---------- texts
    signals.signal_kind,
    signals.topic,

    ---------- numerics
    signals.strength,
    date_diff('minute', signals.occurred_at, followed.followed_at) / 60.0 as follow_up_hours,

    ---------- booleans
    coalesce(signals.occurred_at + interval 7 day > launches.launched_at, false) as is_since_launch,
    followed.signal_id is not null as is_followed,

    ---------- timestamps
    signals.occurred_at,
    followed.followed_at
from signals
left join followed
    on
        signals.tenant_id = followed.tenant_id
        and signals.signal_id = followed.signal_id
left join launches
    on signals.tenant_id = launches.tenant_id
