"""Conversations that stand for the others."""

from pipelines.readouts.threads import sample_threads


def test_threads_differ_and_hold_both_sides(ran):
    """R189, R207: whole threads, with what the agent wrote and how it read the answer."""
    threads = sample_threads(ran.warehouse)
    assert len({thread.title for thread in threads}) == len(threads) == 3
    for thread in threads:
        assert thread.arm == "agent"
        assert {line.is_inbound for line in thread.lines} == {True, False}
        assert any(line.intent for line in thread.lines if line.is_inbound)
        assert [line.at for line in thread.lines] == sorted(line.at for line in thread.lines)


def test_a_footer_is_shown_once(ran):
    for thread in sample_threads(ran.warehouse):
        parts = [p for line in thread.lines if not line.is_inbound for p in line.text.split("\n\n")]
        assert len(parts) == len(set(parts))
