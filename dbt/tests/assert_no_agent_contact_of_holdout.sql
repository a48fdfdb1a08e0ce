-- A failing row is a message that the agent sent, or may have sent, to a person of the holdout, of whatever class.
select
    message_id,
    person_id,
    arm,
    occurred_at
from {{ ref('fct_messages') }}
where is_sent_to_holdout
