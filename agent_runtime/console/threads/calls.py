"""The page of a call, with its sound where there is any; whoever opens it has listened."""

from starlette.responses import HTMLResponse

from agent_runtime.channels.voice.recording.shelf import Shelf
from agent_runtime.channels.voice.timeline.reporting import call_page, note_listener
from agent_runtime.channels.voice.trace_view import call_in
from agent_runtime.console.frame.faults import Missing
from agent_runtime.console.frame.office import Office, SignedIn

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "media-src data:; img-src data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'; sandbox allow-scripts"
)
"""The page is one file that holds its own style and script: it runs in a sandbox without an origin,
where it reaches neither cookies nor other pages."""


def call_answer(office: Office, who: SignedIn, thread_id: str, call_id: str) -> HTMLResponse:
    """Returns the page of a call of a thread; where it has sound, the trace says who listened.

    Raises:
        Missing: the thread has no such call.
    """
    store = office.store
    call = call_in(store.engine, store.tenant_id, call_id) if call_id else None
    if call is None or call.call_id != call_id or call.events[0].thread_id != thread_id:
        raise Missing(f"call = {call_id[:60]!r}: this thread has none; go back to the thread.")
    recording = Shelf(office.settings.paths.recordings).of_call(call.call_id)
    if recording is not None:
        note_listener(store, call, who.name, now=office.clock())
    page = call_page(call, recording, office.library)
    return HTMLResponse(page, headers={"content-security-policy": POLICY})
