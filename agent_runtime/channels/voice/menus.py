"""Keys for the menus of one call, so that it comes to the person for whom it is."""

from agent_runtime.domain import Contact
from agent_runtime.speech.answer_words import has_answers
from agent_runtime.speech.ivr_navigator import Goal, IvrNavigator
from agent_runtime.speech.phone_menu import menu_in


class MenuKeys:
    """Chooses keys in the menus of one call; it remembers what was tried.

    Args:
        contact: For whom the call is.
        language: In which the menus are expected to speak; English where there are no phrases.
    """

    def __init__(self, contact: Contact, language: str) -> None:
        self._language = language if has_answers(language) else "en"
        goal = Goal(last_name=contact.last_name, extension=contact.fact("extension"))
        self._navigator = IvrNavigator(goal, self._language)

    def __call__(self, text: str) -> str | None:
        """Returns the keys to press in a menu that says this; none yet: empty; None: no way on."""
        step = self._navigator.hear(menu_in(text, self._language))
        if step.kind == "press":
            return step.value
        return "" if step.kind == "wait" else None
