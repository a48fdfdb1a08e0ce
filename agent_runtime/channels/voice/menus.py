"""Keys for the menus of one call, so that it comes to the person for whom it is."""

from agent_runtime.domain import Contact
from agent_runtime.speech.answer_words import has_answers
from agent_runtime.speech.ivr_navigator import Goal, IvrNavigator
from agent_runtime.speech.phone_menu import menu_of

_WAITS = 3
"""A menu that was heard in part is given so many quiet spells to be said again."""


class MenuKeys:
    """Chooses keys in the menus of one call; it remembers what was heard and what was tried.

    Args:
        contact: For whom the call is.
        language: In which the menus are expected to speak; English where there are no phrases.
    """

    def __init__(self, contact: Contact, language: str) -> None:
        self._language = language if has_answers(language) else "en"
        goal = Goal(last_name=contact.last_name, extension=contact.fact("extension"))
        self._navigator = IvrNavigator(goal, self._language)
        self._forget()

    def __call__(self, text: str, is_over: bool) -> str | None:
        """Returns the keys to press; none yet: empty; None: no way on.

        Args:
            text: What the menu has said since the last time; it may be cut anywhere.
            is_over: Whether it has fallen quiet for longer than between two options.
        """
        if text:
            self._said = [*([] if self._is_heard else self._said), text.rstrip(" .,")]
            self._is_heard = self._is_due = False
        if is_over and self._is_reading:
            self._is_due = True
            return ""
        is_over = is_over or (self._is_due and not self._is_reading)
        self._is_due = False
        self._quiet = self._quiet + 1 if is_over and not text else 0
        if not (self._said or self._read) or self._quiet in range(2, _WAITS):
            return ""
        said = ". ".join(self._said)
        # Words that come are newer than what was read; once it is over, all of it was read.
        hearings = (said, self._read) if text and not is_over else (self._read, said)
        return self._pressed(hearings, is_over=is_over)

    def reread(self, text: str, is_done: bool) -> None:
        """Another ear reads all that the menu has said, or has read this; empty: nothing.

        Until it has, a menu that is over is not answered.
        """
        self._is_reading, self._read = not is_done, text

    def _pressed(self, hearings: tuple[str, ...], *, is_over: bool) -> str | None:
        menu = menu_of(hearings, self._language, is_over=is_over, is_exact=not is_over)
        self._is_heard = is_over or (menu.is_repeated and menu.is_whole)
        step = self._navigator.hear(menu, is_over=self._is_heard)
        if step.kind == "press":
            self._forget()
            return step.value
        return "" if step.kind == "wait" else None

    def _forget(self) -> None:
        """Nothing has been heard of the menu that comes."""
        self._said: list[str] = []
        """Since a key was pressed."""
        self._read = ""
        """What another ear has understood of it."""
        self._is_reading = self._is_due = False
        """Whether that ear still reads, and whether the menu was over meanwhile."""
        self._quiet = 0
        self._is_heard = False
        """What was said is a whole menu: the next words are another hearing of it."""
