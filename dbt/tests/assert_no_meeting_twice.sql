-- A failing row is a pair of standing calendar events that overlap and belong to one person: one meeting, booked twice.
select
    earlier.event_uid,
    later.event_uid as event_uid_again,
    earlier.person_id,
    earlier.thread_id,
    later.thread_id as thread_id_again
from {{ ref('fct_meetings') }} as earlier
inner join {{ ref('fct_meetings') }} as later
    on
        earlier.tenant_id = later.tenant_id
        and earlier.person_id = later.person_id
        and earlier.event_uid < later.event_uid
        and earlier.starts_at < later.ends_at
        and earlier.ends_at > later.starts_at
where earlier.is_standing and later.is_standing
