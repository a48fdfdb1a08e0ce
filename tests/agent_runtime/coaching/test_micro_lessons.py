"""Lessons and checklists come out of each playbook's own words and scenarios."""

from agent_runtime.coaching.lessons import (
    checklist_of,
    lessons_of,
    step_id,
    steps_of,
)
from agent_runtime.library.catalog import load_library

LIBRARY = load_library()


def test_every_line_of_what_to_train_is_a_lesson_with_one_right_answer():
    """R246: scenario libraries and quick checklists for who reviews."""
    played = {one.id: one for one in LIBRARY.scenarios}
    for playbook in LIBRARY.playbooks.values():
        lessons = lessons_of(LIBRARY, playbook)
        assert len(lessons) == len(playbook.train)
        cases = [lesson.case for lesson in lessons]
        assert all(cases), playbook.id
        assert len({case.scenario for case in cases}) == len(cases), "no scenario twice"
        for case in cases:
            right = [answer for answer, is_right in case.options if is_right]
            assert len(right) == 1
            assert len({answer for answer, _ in case.options}) == len(case.options) >= 3
            assert played[case.scenario].playbook == playbook.id


def test_a_checklist_has_inputs_handover_training_and_success():
    playbook = LIBRARY.playbook("nurture")
    lines = [check.text for _, checks in checklist_of(playbook) for check in checks]
    for text in (*playbook.inputs, *playbook.train, *playbook.success):
        assert text in lines
    assert " ".join(playbook.handoff_rule.split()) in lines
    lessons = {lesson.lesson_id for lesson in lessons_of(LIBRARY, playbook)}
    assert lessons < steps_of(playbook)


def test_a_line_that_is_written_anew_has_to_be_read_again():
    playbook = LIBRARY.playbook("nurture")
    changed = playbook.model_copy(update={"train": ("Something new", *playbook.train[1:])})
    gone = steps_of(playbook) - steps_of(changed)
    assert gone == {step_id(playbook, kind, playbook.train[0]) for kind in ("lesson", "check")}
