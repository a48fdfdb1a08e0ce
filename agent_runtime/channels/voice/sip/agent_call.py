"""One call inside the user agent: what SIP does becomes notes to the bridge."""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from pjsua2 import pjsua2 as pj

from agent_runtime.channels.voice.sip.agent_sound import SoundPort
from agent_runtime.channels.voice.sip.playing import Playing

Tell = Callable[[int, Mapping[str, Any]], None]

_KEYS = "0123456789*#ABCD"
_KEY_MS = 200


class AgentCall(pj.Call):
    """A call, by its number between bridge and user agent.

    Args:
        account: The account that it uses.
        number: Its number with the bridge.
        tell: Takes notes.
        send: Takes sound.
        call_id: pjsua's own id, for a call that came in.
    """

    def __init__(
        self,
        account: pj.Account,
        number: int,
        tell: Tell,
        send: Callable[[bytes], None],
        *,
        call_id: int = -1,
    ) -> None:
        super().__init__(account, call_id)
        self.number, self.is_over = number, False
        self.playing = Playing()
        self.port = SoundPort(number, self.playing, send)
        self.partner: AgentCall | None = None
        """With whom they talk instead of with us."""
        self.joined_at: float | None = None
        self.over_at = 0.0
        self._tell = tell
        self._has_port = self._has_answered = False
        self._rtp_packets, self._rtp_at = -1, 0.0
        self._code = 0
        self._is_ended_by_us = False

    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:
        """Tells of each provisional answer to our INVITE: one of 18x means that it rings."""
        tsx = prm.e.body.tsxState.tsx
        is_ours = tsx.method == "INVITE" and tsx.role == pj.PJSIP_ROLE_UAC
        if is_ours and 100 <= tsx.statusCode < 200 and tsx.statusCode != self._code:
            self._code = tsx.statusCode
            self._tell(self.number, {"on": "provisional", "code": tsx.statusCode})

    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        """Tells of answer and end."""
        about = self.getInfo()
        if about.state == pj.PJSIP_INV_STATE_CONFIRMED and not self._has_answered:
            self._has_answered = True
            self.joined_at = self._rtp_at = monotonic()
            self._tell(self.number, {"on": "answered"})
        elif about.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.is_over, self.over_at, self.port.is_open = True, monotonic(), False
            end = {
                "on": "ended",
                "code": about.lastStatusCode,
                "reason": about.lastReason,
                "was_answered": self._has_answered,
                "by_them": not self._is_ended_by_us,
            }
            self._tell(self.number, end)

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:
        """Joins the sound both ways as soon as there is some, and again after a hold."""
        about = self.getInfo()
        # The vector lives in `about`: asked of a second `getInfo()` it would be freed memory.
        for index, media in enumerate(about.media):
            is_live = media.status == pj.PJSUA_CALL_MEDIA_ACTIVE
            if media.type == pj.PJMEDIA_TYPE_AUDIO and is_live:
                self._join(self.getAudioMedia(index))

    def _join(self, theirs: pj.AudioMedia) -> None:
        if self.partner is not None:
            self._talk_to(self.partner, theirs)
            return
        if not self._has_port:
            self._has_port = True
            self.port.open(f"call-{self.number}")
        theirs.startTransmit(self.port)
        self.port.startTransmit(theirs)

    def join(self, other: "AgentCall") -> None:
        """Has both talk to each other and not to us any more."""
        self.partner, other.partner = other, self
        for one in (self, other):
            if one.hasMedia() and one._has_port:
                theirs = one.getAudioMedia(-1)
                theirs.stopTransmit(one.port)
                one.port.stopTransmit(theirs)
        if self.hasMedia():
            self._talk_to(other, self.getAudioMedia(-1))

    @staticmethod
    def _talk_to(other: "AgentCall", theirs: pj.AudioMedia) -> None:
        if not other.is_over and other.hasMedia():
            others = other.getAudioMedia(-1)
            theirs.startTransmit(others)
            others.startTransmit(theirs)

    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:
        """Tells of a key, pressed in RTP (RFC 4733) or in a SIP INFO."""
        self._key(prm.digit)

    def _key(self, digit: str) -> None:
        if digit.upper() in _KEYS:
            self._tell(self.number, {"on": "key", "key": digit.upper()})

    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:
        """Refuses to be sent elsewhere: whom we call is never decided by the other side."""
        prm.statusCode = 603

    def onCallRedirected(self, prm: pj.OnCallRedirectedParam) -> int:
        """Refuses a 3xx for the same reason."""
        return pj.PJSIP_REDIRECT_STOP

    def press(self, keys: str) -> None:
        """Presses keys in RTP (RFC 4733), or by SIP INFO where their side has no such events."""
        how = pj.CallSendDtmfParam()
        how.digits, how.method = keys, pj.PJSUA_DTMF_METHOD_RFC2833
        how.duration = _KEY_MS
        try:
            self.sendDtmf(how)
        except pj.Error:
            how.method = pj.PJSUA_DTMF_METHOD_SIP_INFO
            self.sendDtmf(how)

    def end(self, code: int = 0) -> None:
        """Ends the call, or refuses one that rings with `code`."""
        how = pj.CallOpParam()
        how.statusCode = code
        if not self.is_over:
            self._is_ended_by_us = True
            self.hangup(how)

    def is_silent(self, limit_s: float, now: float) -> bool:
        """Whether an answered call has brought no RTP for so long."""
        if self.joined_at is None or self.is_over or not self.hasMedia():
            return False
        about = self.getInfo()
        packets = 0
        for index, media in enumerate(about.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status != pj.PJSUA_CALL_MEDIA_NONE:
                stat = self.getStreamStat(index)
                packets += stat.rtcp.rxStat.pkt
        if packets != self._rtp_packets:
            self._rtp_packets, self._rtp_at = packets, now
        return now - self._rtp_at > limit_s
