"""A small OpenID provider on loopback: real HTTP, real signatures, nobody to type a password."""

import base64
import hashlib
import socket
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

CLIENT, SECRET = "console", "s3cret-of-the-client"


class Provider:
    """Says of whoever comes what `person` holds; `lies` changes what its tokens claim."""

    def __init__(self, port):
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = RSAKey.generate_key(2048, parameters={"kid": "1", "use": "sig", "alg": "RS256"})
        self.person, self.lies, self.codes = {}, {}, {}
        self.signs_with = self.key
        self.asked = []
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._tells),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/jwks", self._keys),
            ]
        )

    async def _tells(self, request):
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
            }
        )

    async def _authorize(self, request):
        told = dict(request.query_params)
        code = hashlib.sha256(told["state"].encode()).hexdigest()[:20]
        self.codes[code] = told
        back = urlencode({"code": code, "state": told["state"]})
        return RedirectResponse(f"{told['redirect_uri']}?{back}")

    async def _token(self, request):
        form = dict(await request.form())
        self.asked.append(form)
        told = self.codes.pop(form["code"], None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if (
            told is None
            or request.headers.get("authorization") != f"Basic {basic}"
            or told["code_challenge"] != challenge
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": told["nonce"],
            **self.person,
            **self.lies,
        }
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signs_with)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": token})

    async def _keys(self, request):
        return JSONResponse(KeySet([self.key]).as_dict(private=False))


@contextmanager
def serve():
    """Yields a provider that answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        provider = Provider(listener.getsockname()[1])
        config = uvicorn.Config(provider.app, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield provider
        finally:
            server.should_exit = True
            thread.join()
