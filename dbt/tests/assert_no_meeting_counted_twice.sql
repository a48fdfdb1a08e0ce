-- A failing row is a calendar event with more than one row, of one thread or of several: it would count twice.
select
    tenant_id,
    event_uid,
    count(*) as meetings,
    count(distinct thread_id) as threads
from {{ ref('fct_meetings') }}
group by tenant_id, event_uid
having count(*) > 1
