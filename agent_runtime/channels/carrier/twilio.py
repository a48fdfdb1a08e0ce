"""Sends SMS and WhatsApp messages through a carrier whose API is shaped like Twilio's Messages."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from agent_runtime.channels.carrier.segments import as_sms, segments
from agent_runtime.policies.permit import Permit
from agent_runtime.ports import Mail, Receipt

TIMEOUT_S = 15.0
STATUS_PATH = "/carrier/status"
_OPTED_OUT = frozenset({"21610"})
"""The recipient has sent STOP to this number, https://www.twilio.com/docs/api/errors/21610."""
_UNREACHABLE = frozenset({"21211", "21214", "21217", "21614", "63003"})
"""No valid or no mobile number, or not on WhatsApp; see docs/api/errors of each."""


@dataclass(frozen=True, slots=True)
class CarrierAccount:
    """Whose account sends, from which numbers, and where the carrier reports to."""

    url: str
    account: str
    token: str
    numbers: Mapping[str, str]
    """E.164 number of ours by channel."""
    public_url: str
    """Base URL under which the carrier reaches our webhooks; empty asks for no reports."""


class TwilioChannel:
    """One HTTP client for a batch; each message is one POST, and only its answer is proof.

    Until the connection stands nothing can have left. From the first byte of the request on, a
    failure without an answer means that the carrier may have the message.
    """

    def __init__(self, account: CarrierAccount, *, timeout_s: float = TIMEOUT_S) -> None:
        self._account = account
        self._client = httpx.Client(
            base_url=account.url,
            auth=(account.account, account.token),
            timeout=timeout_s,
            follow_redirects=False,
        )

    def send(self, mail: Mail, permit: Permit, *, permitted_words: tuple[str, str]) -> Receipt:
        """Sends one text that the permit covers.

        Raises:
            PermissionError: the permit is for other words, another recipient or sender.
        """
        subject, body = permitted_words
        if not permit.covers(
            recipient=mail.recipient, mailbox=mail.sender, subject=subject, body=body
        ):
            raise PermissionError(f"no permit covers {mail.message_id}")
        number = self._account.numbers.get(mail.channel, "")
        if not number:
            return Receipt(
                "rejected", "no_number", f"no number of ours is set up for {mail.channel}"
            )
        form = self._form(mail, number)
        pieces = segments(form.get("Body", "")) if mail.channel == "sms" else 1
        path = f"/2010-04-01/Accounts/{self._account.account}/Messages.json"
        # The carrier may know a repeat by this header; we never rely on it.
        once = {"I-Twilio-Idempotency-Token": mail.message_id}
        try:
            answer = self._client.post(path, data=form, headers=once)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Receipt("retry", "not_connected", str(error))
        except httpx.HTTPError as error:
            return Receipt("unknown", type(error).__name__, str(error))
        return _receipt(answer, pieces)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _form(self, mail: Mail, number: str) -> dict[str, str]:
        prefix = "whatsapp:" if mail.channel == "whatsapp" else ""
        form = {"From": f"{prefix}{number}", "To": f"{prefix}{mail.recipient}"}
        if mail.channel == "whatsapp" and mail.template is not None:
            places = {str(n): value for n, value in enumerate(mail.template.values, 1)}
            form |= {"ContentSid": mail.template.name, "ContentVariables": json.dumps(places)}
        else:
            form["Body"] = as_sms(mail.body) if mail.channel == "sms" else mail.body
        if self._account.public_url:
            asked = urlencode({"message": mail.message_id, "attempt": mail.attempt})
            form["StatusCallback"] = f"{self._account.public_url}{STATUS_PATH}?{asked}"
        return form


def _receipt(answer: httpx.Response, pieces: int) -> Receipt:
    said = _json(answer)
    code, detail = str(said.get("code") or answer.status_code), str(said.get("message") or "")
    if answer.is_success:
        sid = str(said.get("sid") or "")
        if not sid:
            return Receipt("unknown", code, "accepted without an id")
        return Receipt("sent", code, str(said.get("status") or ""), sid, pieces)
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return Receipt("retry", code, detail)
    if answer.is_server_error:
        return Receipt("unknown", code, detail)
    return Receipt("rejected", code, detail, says=meaning(code))


def meaning(code: str) -> Any:
    """Returns what a carrier's error code tells of the person, empty when it tells nothing."""
    if code in _OPTED_OUT:
        return "opted_out"
    return "unreachable" if code in _UNREACHABLE else ""


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
