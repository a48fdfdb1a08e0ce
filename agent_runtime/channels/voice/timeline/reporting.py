"""Writes the page of a call that was led, and that somebody has listened to it."""

from datetime import datetime
from getpass import getuser
from pathlib import Path
from typing import Any

from agent_runtime.channels.voice.recording.shelf import RATE, Recording, Shelf
from agent_runtime.channels.voice.timeline.from_traces import TextOf, timeline_of
from agent_runtime.channels.voice.timeline.page import as_data, page_of
from agent_runtime.channels.voice.timeline.waves import Tracks, as_mp3, mixed
from agent_runtime.channels.voice.trace_view import LISTENED, CallView
from agent_runtime.clock import read_now
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import Library, company_library
from agent_runtime.log import event_id
from agent_runtime.settings import Settings
from agent_runtime.store.sql import SqlStore


def write_report(call: CallView, path: Path, settings: Settings, store: SqlStore) -> dict[str, Any]:
    """Writes the page of a call and returns what is in it.

    Args:
        call: What was traced of it.
        path: The page.
        settings: Of the workspace.
        store: Takes note of who listened, where there is sound.

    Raises:
        ParleyError: the page cannot be written, or its recording cannot be read.
    """
    recording = Shelf(settings.paths.recordings).of_call(call.call_id)
    if recording is not None:
        note_listener(store, call, getuser(), now=read_now(store.engine))
    library = company_library(settings.paths.library)
    page = call_page(call, recording, library)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ParleyError(f"--html {path} cannot be written: {error.strerror}.") from None
    told = "with its recording" if recording else "without sound, since there is no recording"
    return {"call_id": call.call_id, "page": str(path), "sound": told}


def call_page(call: CallView, recording: Recording | None, library: Library) -> str:
    """Returns the page of a call, with its sound inside where there is any."""
    audio, tracks = "", None
    if recording is not None:
        label = recording.label
        tracks = Tracks(recording.track("them"), recording.track("us"), RATE, label.began_at)
        sound = mixed(tracks)
        audio = as_data(as_mp3(sound, RATE)) if len(sound) else ""
    timeline = timeline_of(call, tracks=tracks, text_of=text_in(library))
    return page_of(timeline, audio=audio)


def text_in(library: Library) -> TextOf:
    """Returns what looks up the words of approved texts, as a voice says them."""

    def text_of(text_id: str, language: str) -> str:
        content = library.contents.get((text_id, language)) or library.contents.get((text_id, "en"))
        return " ".join((content.spoken or content.body).split()) if content else ""

    return text_of


def note_listener(store: SqlStore, call: CallView, who: str, *, now: datetime) -> None:
    """Traces that somebody of ours has listened to a recording."""
    first = call.events[0]
    listened = first.model_copy(
        update={
            "event_id": event_id(now, "call", call.call_id, LISTENED, who),
            "occurred_at": now,
            "seq": None,
            "payload": {"of_call": call.call_id, "event": LISTENED, "by": who},
        }
    )
    with store.begin() as tx:
        tx.trace(listened)
