"""What stands between two things said about when."""

from dataclasses import dataclass

from agent_runtime.times.tokens import Atoms


@dataclass(frozen=True, slots=True)
class Link:
    """The words between two sayings, by what they do."""

    is_list: bool
    """Joined by "or", "and" or a slash."""
    is_choice: bool
    """Joined by "or"."""
    is_correction: bool
    takes_out: bool
    """What follows is excluded: "except", "instead of", "not"."""
    is_but: bool
    """Nothing but "but" lies between."""
    has_comma: bool
    has_pause: bool
    words: int
    """Words of no known meaning."""

    @property
    def is_tight(self) -> bool:
        """Whether nothing but prepositions, commas and list words lies between."""
        return not (self.words or self.has_pause or self.takes_out or self.is_correction)


def link_between(atoms: Atoms, start: int | None, end: int) -> Link:
    """Returns what the atoms up to `end` do; `start` is where the saying before ended, if any."""
    first = start or 0
    between = range(first, end)
    return Link(
        is_list=start is not None and any(atoms.has(n, "or", "and", "slash") for n in between),
        is_choice=any(atoms.has(n, "or") for n in between),
        is_correction=start is not None and _is_correction(atoms, first, end),
        takes_out=_takes_out(atoms, first, end, is_first=start is None),
        is_but=_is_but(atoms, first, end),
        has_comma=any(atoms.has(n, "comma") for n in between),
        has_pause=any(atoms.has(n, "pause") for n in between),
        words=sum(not atoms[n].tags for n in between),
    )


_BESIDE = ("filler", "daymark", "onday", "at", "of", "this", "in", "from", "for")
_SMALL = (*_BESIDE, "comma", "dash")
_SOFT = (*_SMALL, "correct", "correct_weak", "pause", "or", "but")


def _is_correction(atoms: Atoms, first: int, end: int) -> bool:
    """Whether "no", "I mean", "scratch that" stands before what follows, or as a clause."""
    for at in range(first, end):
        if atoms.has(at, "correct"):
            is_followed = atoms.skip(at + 1, *_SOFT) >= end
            begins = atoms.has(at - 1, "pause", "comma", "dash") or at == first
            is_double = " " in atoms.raw(at) or atoms.has(at + 1, "correct")
            is_alone = begins and (is_double or atoms.has(at + 1, "pause", "comma", "dash"))
            if is_followed or is_alone:
                return not _is_negation(atoms, at, end)
    has_weak = any(atoms.has(n, "correct_weak") for n in range(first, end))
    return has_weak and atoms.skip(first, *_SOFT) >= end


def _is_negation(atoms: Atoms, at: int, end: int) -> bool:
    """Whether "no" only takes the next day out, as in "el jueves, no el martes"."""
    if not atoms.has(at, "takes_out_or_corrects"):
        return False
    is_after_comma = atoms.has(at - 1, "comma")
    return is_after_comma and not atoms.has(at + 1, "comma", "pause", "dash", "correct")


def _takes_out(atoms: Atoms, first: int, end: int, *, is_first: bool) -> bool:
    for at in range(end - 1, first - 1, -1):
        is_beside = not atoms.has(at + 1, "comma", "pause", "dash", "correct")
        if atoms.has(at, "takes_out_or_corrects") and is_first and is_beside:
            return True
        if atoms.has(at, "takes_out_or_corrects") and _is_negation(atoms, at, end):
            return True
        if atoms.has(at, "except") or (atoms.has(at, "instead") and not atoms.has(at - 1, "works")):
            return True
        if not atoms.has(at, *_BESIDE):
            return False
    return False


def _is_but(atoms: Atoms, first: int, end: int) -> bool:
    at = atoms.skip(first)
    return at < end and atoms.has(at, "but") and atoms.skip(at + 1, *_SMALL, "instead") >= end
