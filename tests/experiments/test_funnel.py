from experiments.funnel import Loss, told
from experiments.rate_intervals import rate_interval


def loss(step, came, went_on, playbook="prospecting"):
    return Loss(playbook, step, came, went_on, rate_interval(went_on, came))


def test_the_worst_step_is_named_where_it_is_surely_the_worst():
    assert told([loss("Answered", 1_000, 100), loss("Meetings", 100, 60)]) == (
        "prospecting loses most before “Answered”: 100 of 1,000 get there, fewer than at any other "
        "step."
    )


def test_where_chance_may_have_chosen_the_step_it_says_so():
    assert told([loss("Answered", 20, 8), loss("Meetings", 8, 4)]).endswith(
        "8 of 20 get there, but another step may lose more."
    )


def test_a_lone_step_is_compared_with_nothing():
    assert told([loss("Answered", 20, 8)]).endswith("there is no other step to compare it with.")


def test_without_a_thread_there_is_nothing_to_tell():
    assert told([]) == "Nobody has been written to yet, so no step can be told from another."
