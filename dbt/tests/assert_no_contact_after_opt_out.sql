-- A failing row is a message that we started, by the agent or a person, after its recipient had said stop or objected.
select
    message_id,
    person_id,
    actor,
    occurred_at
from {{ ref('fct_messages') }}
where is_sent_after_opt_out
