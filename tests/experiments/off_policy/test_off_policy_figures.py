"""Pictures of off-policy readings say what the numbers say."""

from dataclasses import replace

from logged_worlds import NOW, World, log_of

from experiments.figure_svg import figure_svg
from experiments.off_policy import read_policy
from experiments.off_policy_figures import overlap_figure, policies_figure

ONE_TURN = World(turns=1, texts=2, threads=1500)


def reading(world, name):
    log = log_of(world, 1)
    return read_policy(
        log.turns,
        log.options,
        log.outcomes,
        policy=name,
        rewards=["reply"],
        window_days=28,
        as_of=NOW,
    )


def test_each_policy_stands_above_the_logged_one_or_says_that_it_cannot_be_told():
    told, refused = reading(ONE_TURN, "other"), reading(replace(ONE_TURN, asks="new"), "new")
    figure = policies_figure([told, refused], "reply")
    words = [note.text for note in figure.layout.annotations]
    assert words[0].startswith("<b>as logged</b> ")
    assert words[1].startswith("<b>other</b> ")
    assert words[2] == "<b>new</b> cannot be told: thin overlap"
    found = told.rewards[0].estimates.doubly_robust
    dots = [trace.x for trace in figure.data if trace.mode == "markers"]
    assert (found.value,) in dots
    assert "cannot be told" in figure_svg(figure, title="x")


def test_the_overlap_counts_the_turns_in_which_the_policy_chooses_otherwise():
    figure = overlap_figure(reading(ONE_TURN, "other"))
    assert sum(figure.data[0].x) == ONE_TURN.threads
    assert "turns" in figure.layout.annotations[0].text
