"""What is said to a screening assistant that asks who calls and why."""


def screening_answer(*, caller: str, is_ai: str, on_behalf_of: str, why: str) -> str:
    """Returns the sentences that a screener is told, in this order; none is made up here.

    Args:
        caller: Who calls, as an approved sentence.
        is_ai: That the caller is an AI.
        on_behalf_of: For whom it calls.
        why: The reason for the call.

    Raises:
        ValueError: one of them is empty. Whoever screens has a right to all four.
    """
    said = {"caller": caller, "is_ai": is_ai, "on_behalf_of": on_behalf_of, "why": why}
    for name, sentence in said.items():
        if not sentence.strip():
            raise ValueError(
                f"{name} is empty; a screener is told who calls, that it is an AI, for whom and why"
            )
    return " ".join(sentence.strip() for sentence in said.values())
