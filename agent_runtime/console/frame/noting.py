"""What a page adds to the entry that the audit log makes of it anyway."""

from dataclasses import replace

from starlette.requests import Request


def note(
    request: Request, *, record: str = "", detail: str = "", actor: str = "", role: str = ""
) -> None:
    """Says which record an act was on, and what else the log should tell: ids, never words.

    Args:
        request: That of the act.
        record: `kind:id`, such as `approval:4f0c91aa`.
        detail: One sentence or pairs of names and values.
        actor: Who did it, where nobody was signed in when it began.
        role: Their role then.
    """
    act = request.state.act
    request.state.act = replace(
        act,
        record=record or act.record,
        detail=detail or act.detail,
        actor=actor or act.actor,
        role=role or act.role,
    )
