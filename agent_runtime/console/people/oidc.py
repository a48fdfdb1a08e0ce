"""Signing in by OpenID Connect: code flow with PKCE, state and nonce, all checks by Authlib."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from agent_runtime.console.frame import cookies
from agent_runtime.console.frame.faults import Refused
from agent_runtime.console.people.users import (
    PeopleError,
    User,
    add_user,
    plain,
    role_of,
    save_user,
    user_by_email,
    user_by_subject,
)
from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings
from agent_runtime.store.sql import SqlTx

FLOW = "parley_flow"
"""Cookie of a sign-in under way: state, nonce and verifier, signed, for ten minutes."""
FLOW_S = 600
_NAME = "oidc"
_ASYMMETRIC = ("RS", "PS", "ES", "Ed")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider says of somebody who has just signed in there."""

    subject: str
    """Issuer and subject, which never change; the address may."""
    email: str
    is_verified: bool
    name: str = ""
    groups: tuple[str, ...] = ()


class Provider:
    """One OpenID provider, as the settings name it."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, *, key: str, claim: str
    ) -> None:
        from authlib.integrations.starlette_client import OAuth

        self.issuer = issuer.rstrip("/")
        self._claim = claim
        self._flow = URLSafeTimedSerializer(key, salt="oidc-flow")
        self._app: Any = OAuth().register(
            _NAME,
            client_id=client_id,
            client_secret=client_secret,
            server_metadata_url=f"{self.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": 10,
            },
        )

    async def leave_for(self, request: Request, callback: str) -> Response:
        """Returns the way to the provider.

        Raises:
            Refused: it does not answer.
        """
        request.scope["session"] = {}
        await self._metadata()
        response = await self._app.authorize_redirect(request, callback)
        told = self._flow.dumps(request.scope["session"])
        value = told if isinstance(told, str) else told.decode()
        cookies.put(response, request, FLOW, value, seconds=FLOW_S)
        return response

    async def come_back(self, request: Request) -> Claims:
        """Returns who has signed in there.

        Raises:
            Refused: the answer is not to a question of this browser, or cannot be believed.
        """
        from authlib.common.errors import AuthlibBaseError
        from httpx2 import HTTPError
        from joserfc.errors import JoseError

        try:
            session = self._flow.loads(request.cookies.get(FLOW, ""), max_age=FLOW_S)
        except BadSignature:
            raise Refused(
                "This sign-in was begun in another browser or over ten minutes ago; begin again."
            ) from None
        request.scope["session"] = session
        await self._metadata()
        try:
            token = await self._app.authorize_access_token(request)
        except (AuthlibBaseError, HTTPError, JoseError) as error:
            raise Refused(f"{self.issuer} did not let you in: {error}; begin again.") from None
        claims = token.get("userinfo")
        if not claims:
            raise Refused(f"{self.issuer} sent no id token; its client needs the scope openid.")
        return self._read(claims)

    def _read(self, claims: Mapping[str, Any]) -> Claims:
        groups = claims.get(self._claim) or ()
        return Claims(
            subject=f"{self.issuer}|{claims['sub']}",
            email=str(claims.get("email", "")),
            is_verified=claims.get("email_verified") is True,
            name=str(claims.get("name", "")),
            groups=(groups,) if isinstance(groups, str) else tuple(map(str, groups)),
        )

    async def _metadata(self) -> None:
        """Reads what the provider tells of itself; a symmetric signature proves nothing."""
        from httpx2 import HTTPError

        try:
            told = await self._app.load_server_metadata()
        except (HTTPError, ValueError) as error:
            raise Refused(f"{self.issuer} does not answer: {error}; try again later.") from None
        if str(told.get("issuer", "")).rstrip("/") != self.issuer:
            raise Refused(f"{self.issuer} calls itself {told.get('issuer')!r}; mend the settings.")
        offered = told.get("id_token_signing_alg_values_supported") or ["RS256"]
        told["id_token_signing_alg_values_supported"] = [
            name for name in offered if name.startswith(_ASYMMETRIC)
        ] or ["RS256"]


def account_of(tx: SqlTx, claims: Claims, roles: Mapping[str, str], *, now: datetime) -> User:
    """Returns the account of somebody who comes from a provider.

    Who has been there before is known by the subject. An account that was made under their
    address becomes theirs once, if the provider has verified it. Where a group of theirs is in
    `roles`, an account is made.

    Raises:
        Refused: they have none, or it is disabled.
    """
    user = user_by_subject(tx, claims.subject)
    if user is None and claims.is_verified:
        user = user_by_email(tx, claims.email)
        if user is not None and user.subject:
            raise Refused("This address belongs to another person of the provider; ask an admin.")
        role = next((roles[group] for group in claims.groups if group in roles), "")
        if user is not None:
            user = replace(user, subject=claims.subject, name=user.name or claims.name)
            save_user(tx, user)
        elif role:
            user = add_user(
                tx,
                plain(claims.email),
                role=role,
                name=claims.name,
                subject=claims.subject,
                now=now,
            )
    if user is None:
        raise Refused(
            "You have no account here; an admin makes one with `parley people add`"
            + ("." if claims.is_verified else ", and your provider must verify your address.")
        )
    if user.is_disabled:
        raise Refused("Your account is disabled; an admin can enable it.")
    return user


def provider_of(settings: Settings, key: str) -> Provider | None:
    """Returns the provider of the settings, or None where none is set up.

    Raises:
        ParleyError: half of it is set up, or a role of `PARLEY_OIDC_ROLES` is none.
    """
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret.get_secret_value()
    if not settings.oidc_client_id or not secret:
        raise ParleyError(
            "PARLEY_OIDC_ISSUER is set, but PARLEY_OIDC_CLIENT_ID or PARLEY_OIDC_CLIENT_SECRET is "
            "empty; set both, or unset it."
        )
    for group, role in settings.oidc_roles.items():
        try:
            role_of(role)
        except PeopleError as error:
            raise ParleyError(f"PARLEY_OIDC_ROLES, group {group!r}: {error}") from None
    return Provider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        secret,
        key=key,
        claim=settings.oidc_claim,
    )
