"""Words for times that mean something else."""

from agent_runtime.times.tokens import Atoms


def is_figure_of_speech(atoms: Atoms, at: int) -> bool:
    """Says whether "at the end of the day" means "when all is said", as it mostly does up front."""
    if atoms.tag(at, "eod") != "maybe":
        return False
    after = atoms.skip(at + 1, "filler", "onday", "of", "daymark")
    if atoms.has(after, "weekday", "near", "this", "next", "works") or atoms.has(at + 1, "works"):
        return False
    before = at - 1
    while atoms.has(before, "filler", "at", "daymark", "correct_weak"):
        before -= 1
    if atoms.has(before, "weekday", "near", "before", "until", "part"):
        return False
    is_up_front = before < 0 or atoms.has(before, "pause", "comma", "but", "so", "and")
    is_followed = at + 1 < len(atoms) and not atoms.has(at + 1, "pause", "or")
    return (is_up_front and is_followed) or (is_followed and atoms.has(at + 1, "comma"))
