"""Passwords: kept as Argon2id hashes only, and told apart in the same time for everybody."""

from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from agent_runtime.console.people.users import PeopleError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_LENGTH, MAX_LENGTH = 12, 256
"""NIST SP 800-63B-4 (2025) asks for length and for no mixture of kinds of characters."""
AT_ONCE = 2
"""Hashes that are made at the same time: each takes 64 MiB (RFC 9106, second choice)."""

_turn = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Passwords:
    """How passwords are hashed: passes over so much memory, in KiB."""

    passes: int = 3
    memory_kib: int = 65_536

    def hashed(self, password: str, *, email: str = "") -> str:
        """Returns the hash of a new password.

        Raises:
            PeopleError: it is too short or long, or can be guessed from the address.
        """
        if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
            raise PeopleError(
                f"password of {len(password)} characters: takes {MIN_LENGTH} to {MAX_LENGTH}; "
                "four words that do not belong together are easy to keep in mind."
            )
        name = email.partition("@")[0].lower()
        if len(set(password)) < 5 or (len(name) > 3 and name in password.lower()):
            raise PeopleError(
                "password: can be guessed, since it holds your name or few letters; take another."
            )
        with _turn:
            return _hasher(self).hash(password)

    def is_right(self, password: str, kept: str) -> bool:
        """Says whether a password is the one that was hashed; of nobody too, in the same time."""
        from argon2.exceptions import Argon2Error, InvalidHashError

        if len(password) > MAX_LENGTH:
            return False
        with _turn:
            try:
                return _hasher(self).verify(kept or _nobody(self), password) and bool(kept)
            except (Argon2Error, InvalidHashError):
                return False

    def renewed(self, password: str, kept: str) -> str:
        """Returns a hash by today's settings where the one that is kept is weaker, or empty."""
        if not _hasher(self).check_needs_rehash(kept):
            return ""
        with _turn:
            return _hasher(self).hash(password)


@cache
def _hasher(settings: Passwords) -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=settings.passes, memory_cost=settings.memory_kib)


@cache
def _nobody(settings: Passwords) -> str:
    return _hasher(settings).hash("nobody has this password")
