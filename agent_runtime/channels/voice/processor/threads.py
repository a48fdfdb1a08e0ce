"""Where the runtime works for a call: desk, store and calendar never hold the audio loop."""

from concurrent.futures import ThreadPoolExecutor

from agent_runtime.channels.voice.conversation import Conversation


class CallThreads:
    """The thread of a call, and one beside it.

    While a turn holds the first one, words that bridge it or give it up are permitted in the other.
    """

    def __init__(self, talk: Conversation) -> None:
        call_id = talk.call.call_id
        self._talk = talk
        self.main = ThreadPoolExecutor(1, thread_name_prefix=f"call-{call_id}")
        self.beside = ThreadPoolExecutor(1, thread_name_prefix=f"beside-{call_id}")
        self.in_turn = 0
        """Turns that are being worked, those that were given up among them."""

    def free(self, *, is_phrase: bool = False) -> ThreadPoolExecutor:
        """The thread of the call; while a turn holds it, phrases have the other one.

        Once that turn has been given up, so has everything else.
        """
        is_free = is_phrase or not self._talk.waits_for_answer
        return self.beside if self.in_turn and is_free else self.main

    def shutdown(self, *, drops_work: bool) -> None:
        """Takes nothing more, and drops what has not begun or lets it be done."""
        for thread in (self.main, self.beside):
            thread.shutdown(wait=False, cancel_futures=drops_work)
