"""What a caller got wrong: one sentence with field, value and rule, as JSON."""

from starlette.responses import JSONResponse

from agent_runtime.errors import ParleyError


class Problem(ParleyError):
    """A request that is refused."""

    def __init__(self, field: str, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.field = field
        self.status = status

    def response(self) -> JSONResponse:
        """Returns the answer to the request."""
        body = {"error": str(self), "field": self.field}
        return JSONResponse(body, status_code=self.status)


def problem(field: str, value: str, rule: str, *, status: int = 422) -> Problem:
    """Returns the refusal of one field; the value is shortened, and never a secret."""
    return Problem(field, f"{field} = {value!r}: {rule}.", status)
