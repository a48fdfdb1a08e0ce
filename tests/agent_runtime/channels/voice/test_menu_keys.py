"""Keys in the menus of a call, of which each turn brings a part."""

from datetime import UTC, datetime, timedelta

from agent_runtime.channels.voice import commands as do
from agent_runtime.channels.voice import events as on
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.conversation import Conversation
from agent_runtime.channels.voice.menus import MenuKeys
from agent_runtime.script.rehearsal import READER

START = datetime(2026, 1, 13, 10, tzinfo=UTC)
SALES = "Thank you for calling Acme. For sales, press one."


class InMenu:
    """A call that came to a menu."""

    def __init__(self):
        call = CallStart("c", "outbound", "+353155501")
        keys = MenuKeys(READER, "en")
        self.talk = Conversation(call, navigate=keys, reread=keys.reread)
        self.now = START
        self.talk.on(on.Connected(START))

    def hears(self, words, *, after_s=0.5):
        """Returns what is pressed, or why the line is closed."""
        self.now += timedelta(seconds=after_s)
        done = self.talk.on(on.UserStarted(self.now))
        self.now += timedelta(seconds=1)
        return self._chosen([*done, *self.talk.on(on.UserStopped(self.now, words, 1.0))])

    def is_quiet(self, seconds):
        done: list[do.Command] = []
        for _ in range(round(seconds * 10)):
            self.now += timedelta(seconds=0.1)
            done += self.talk.on(on.Tick(self.now))
        return self._chosen(done)

    def rereads(self, words="", *, is_done=None):
        """Another ear begins to read, or has read these words."""
        event = on.MenuReread(self.now, words, bool(words) if is_done is None else is_done)
        return self._chosen(self.talk.on(event))

    def is_known(self):
        return self._chosen(self.talk.on(on.WhoAnswered(self.now, "ivr")))

    def _chosen(self, done):
        keys = "".join(one.keys for one in done if isinstance(one, do.Press))
        ends = "".join(one.reason for one in done if isinstance(one, do.HangUp))
        return keys + ends


def test_a_menu_that_comes_in_pieces_is_heard_to_its_end():
    """R275: the option that leads on may be the last one, and no other is pressed before."""
    menu = InMenu()
    menu.is_known()
    assert menu.hears(SALES) == ""
    assert menu.hears("For all other inquiries,") == ""
    assert menu.hears("press three.") == "3"
    assert menu.hears("For accounting, press one.") == ""
    assert menu.hears("To reach the operator, press zero.") == "0"


def test_words_from_before_it_was_known_as_a_menu_count():
    """R275."""
    menu = InMenu()
    assert menu.hears("Thank you for calling Acme. For an operator,") == ""
    menu.is_known()
    assert menu.hears("press nine.") == "9"


def test_what_is_only_a_fallback_is_pressed_once_the_menu_is_quiet():
    """R275."""
    menu = InMenu()
    menu.is_known()
    assert menu.hears(SALES) == ""
    assert menu.hears("For support, press two.") == ""
    assert menu.is_quiet(1.5) == ""
    assert menu.is_quiet(1.0) == "0"


def test_a_menu_that_begins_anew_is_over():
    """R275: one that never falls quiet is not listened to for ever."""
    menu = InMenu()
    menu.is_known()
    for words in (SALES, "For support, press two."):
        assert menu.hears(words) == ""
    assert menu.hears("For sales, press one.") == "0"


def test_a_menu_that_was_heard_in_part_is_heard_again_before_anything_is_pressed():
    """R275."""
    menu = InMenu()
    menu.is_known()
    assert menu.hears("For sales, press one. For mumbling, press three.") == ""
    assert menu.is_quiet(4) == ""
    assert menu.hears("For sales, press one. For all other inquiries, press two.") == "2"


def test_a_menu_that_is_not_said_again_does_not_hold_the_line():
    """R275."""
    menu = InMenu()
    menu.is_known()
    assert menu.hears("For mumbling, press three.") == ""
    assert menu.is_quiet(20) in ("0", "0menu")


def test_behind_each_key_there_is_time_for_another_menu():
    """R275: a long first menu leaves no less for the second."""
    menu = InMenu()
    menu.is_known()
    for _ in range(18):
        menu.hears("Please hold.")
    assert menu.hears("To reach the operator, press zero.") == "0"
    assert menu.is_quiet(30) == ""


def test_an_operator_who_was_misheard_is_pressed_once_the_menu_is_over():
    """R275: a menu that is not answered hangs up after few hearings."""
    menu = InMenu()
    menu.is_known()
    pressed = ""
    for _ in range(2):
        menu.hears("Far accounting, press one.")
        menu.hears("To reach the uprata, press zero.")
        pressed += menu.is_quiet(2.5)
    assert pressed[:1] == "0"


def test_what_another_ear_reads_of_a_menu_is_pressed_by():
    """R275: it hears the whole of it as one piece, and understands more."""
    menu = InMenu()
    menu.is_known()
    assert menu.hears("Far ale, breast one. So the upper later, prayer rope.") == ""
    assert menu.rereads() == ""
    assert menu.rereads("For sales, press one. For the operator, press nine.") == "9"


def test_a_menu_that_is_over_is_not_answered_until_it_has_been_read():
    """R275: a key that was told by a misheard sound may be the wrong one."""
    menu = InMenu()
    menu.is_known()
    assert menu.hears("For sales, press one. For the aberration, press three.") == ""
    assert menu.rereads() == ""
    assert menu.is_quiet(3) == ""
    assert menu.rereads("For sales, press one. For deliveries, press two.") == "0"


def test_where_the_other_ear_understands_nothing_the_first_one_counts():
    """R275."""
    menu = InMenu()
    menu.is_known()
    assert menu.hears("For sales, press one. For the uprator, press three.") == ""
    assert menu.rereads() == ""
    assert menu.is_quiet(3) == ""
    assert menu.rereads("", is_done=True) == "3"


def test_what_was_read_of_one_menu_is_not_taken_for_the_next():
    """R275."""
    menu = InMenu()
    menu.is_known()
    assert menu.rereads("For sales, press one. For the operator, press nine.") == "9"
    assert menu.hears("For accounting, press one. For support, press two.") == ""
    assert menu.is_quiet(2.5) == "0"


def test_what_was_read_of_its_beginning_does_not_hide_what_comes():
    """R275: a menu that never pauses is not read to its end."""
    menu = InMenu()
    menu.is_known()
    assert menu.rereads("For sales, press one.") == ""
    assert menu.hears("For support, press two. To reach the operator, press zero.") == "0"
