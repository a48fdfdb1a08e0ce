"""Composition root: joins store, library, model, calendar and mail into a working runtime."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from agent_runtime.asking.ahead import AskAhead
from agent_runtime.asking.second_opinion import SecondOpinion
from agent_runtime.booking import Booker
from agent_runtime.calling.desk import CallDesk
from agent_runtime.calling.dialler import Dialler, NoDialler
from agent_runtime.calling.telephony import Telephony
from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.channels.email.receive import Inbox
from agent_runtime.channels.email.verp import ReturnPaths
from agent_runtime.desk import Desk
from agent_runtime.endpoints import INBOUND_ADDRESS
from agent_runtime.human_queue import HumanQueue
from agent_runtime.intake import Intake
from agent_runtime.library.catalog import Library
from agent_runtime.log import Versions
from agent_runtime.models.language import LanguageModel
from agent_runtime.models.oracle import Oracle
from agent_runtime.newcomers import Newcomers
from agent_runtime.policies import permit
from agent_runtime.ports import Calendar, Store
from agent_runtime.prompting.prompt import prompt_version
from agent_runtime.prompting.template import read_template


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts that work on one store; the same for the worker and for the fast path."""

    store: Store
    desk: Desk
    inbox: Inbox
    intake: Intake
    outbox: Outbox
    booker: Booker
    people: HumanQueue
    calls: CallDesk


def assemble(
    store: Store,
    *,
    library: Library,
    model: LanguageModel,
    calendar: Calendar,
    newcomers: Newcomers,
    worker: str = "worker-1",
    mail_domain: str = "mail.northbeam.example",
    inbound_address: str = INBOUND_ADDRESS,
    return_paths: ReturnPaths | None = None,
    chat_link: Callable[[str, datetime], str] | None = None,
    pages_link: Callable[[str, str, datetime], str] | None = None,
    oracle: Oracle | None = None,
    second: SecondOpinion | None = None,
    telephony: Telephony | None = None,
    dialler: Dialler | None = None,
) -> Runtime:
    """Returns a runtime on a store; nothing in it reads a clock or the environment.

    `oracle` is a language model on a server; where it gives no answer in time, `model` reads alone
    and only approved texts are said. `second` asks a model of entailment about its drafts.
    """
    versions: Versions = {
        "code": version("parley"),
        "content": library.content_hash,
        "model": model.version,
        "policy": permit.VERSION,
    }
    if oracle is not None:
        versions["model"] = f"{model.version}+{oracle.name}"
        versions["prompt"] = prompt_version(read_template(), library)
    outbox = Outbox(
        store,
        library,
        versions,
        mail_domain,
        worker,
        chat_link=chat_link,
        pages_link=pages_link,
    )
    booker = Booker(store, calendar, library, versions)
    calls = CallDesk(
        store=store,
        library=library,
        versions=versions,
        worker=worker,
        telephony=telephony or Telephony(),
        dialler=dialler or NoDialler(),
    )
    reply_after = library.playbook("inbound_response").on("email").reply_after_minutes
    return Runtime(
        store=store,
        desk=Desk(
            store=store,
            outbox=outbox,
            booker=booker,
            calendar=calendar,
            library=library,
            model=model,
            versions=versions,
            inbound_address=inbound_address,
            ahead=AskAhead(store, oracle, second=second) if oracle is not None else None,
            calls=calls,
        ),
        inbox=Inbox(store, outbox, newcomers, timedelta(minutes=reply_after), return_paths),
        intake=Intake(store, newcomers, versions),
        outbox=outbox,
        booker=booker,
        people=HumanQueue(store, versions),
        calls=calls,
    )
