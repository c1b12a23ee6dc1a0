"""Takes tokens, and asks again what may be asked again."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Generator
from email.utils import parsedate_to_datetime

import httpx

from .contract import AuthenticatedClient
from .contract.models import OauthToken
from .refused import refused

PASSING = frozenset({429, 502, 503, 504})
"""Who is here now may be there in a moment."""

TOKEN_PATH = "/v1/oauth/token"
"""Where tokens are taken: that may be done twice."""

MARGIN_S = 30
"""Seconds before its end in which a token is used no more."""


def connect(
    base_url: str,
    client_id: str,
    client_secret: str,
    *,
    attempts_max: int = 5,
    timeout_s: float = 60,
    backoff_s: float = 0.5,
    wait_max_s: float = 60,
    verify: ssl.SSLContext | bool = True,
    proxy: str | None = None,
) -> AuthenticatedClient:
    """A client for the functions of `contract.api`, by the credential of a partner platform.

    It takes a token when it needs one, and asks again after 429, 502, 503, 504 and lost connections whatever may be asked twice: reads, and
    everything with an `Idempotency-Key`, by the same key. Each attempt may take `timeout_s`; `backoff_s` is waited before the second one at most,
    and up to twice as long before each further one; an answer that asks for more than `wait_max_s` is the last.
    """
    again = Repeating(
        httpx.HTTPTransport(verify=verify, proxy=proxy),
        httpx.AsyncHTTPTransport(verify=verify, proxy=proxy),
        attempts_max,
        backoff_s,
        wait_max_s,
    )
    base_url = base_url.rstrip("/")
    by = ClientCredentials(base_url + TOKEN_PATH, client_id, client_secret)
    # The generated client wants a token: what `by` sets takes its place.
    return AuthenticatedClient(
        base_url=base_url, token="", timeout=httpx.Timeout(timeout_s), httpx_args={"auth": by, "transport": again}
    )


class ClientCredentials(httpx.Auth):
    """Tokens by client credentials (RFC 6749, section 4.4)."""

    requires_response_body = True

    def __init__(self, token_url: str, client_id: str, client_secret: str) -> None:
        self._url = token_url
        self._credential = httpx.BasicAuth(client_id, client_secret)
        self._token = ""
        self._ends_at = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sends a request with a token; with another one when the first is refused."""
        if not self._token or time.monotonic() >= self._ends_at:
            yield from self._take()
        sent = self._token
        request.headers["Authorization"] = f"Bearer {sent}"
        answer = yield request
        if answer.status_code == 401:
            if self._token == sent:
                yield from self._take()
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _take(self) -> Generator[httpx.Request, httpx.Response, None]:
        asked = httpx.Request("POST", self._url, data={"grant_type": "client_credentials"})
        answer = yield next(self._credential.auth_flow(asked))
        if answer.status_code != 200:
            raise refused(answer)
        token = OauthToken.from_dict(answer.json())
        self._token = token.access_token
        self._ends_at = time.monotonic() + token.expires_in - MARGIN_S


class Repeating(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends a request as it is, and again, until an answer is there that stays."""

    def __init__(
        self,
        transport: httpx.BaseTransport,
        async_transport: httpx.AsyncBaseTransport,
        attempts_max: int,
        backoff_s: float,
        wait_max_s: float,
    ) -> None:
        self._transport = transport
        self._async_transport = async_transport
        self._attempts_max = attempts_max
        self._backoff_s = backoff_s
        self._wait_max_s = wait_max_s

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends, and waits, on this thread."""
        attempt = 1
        while True:
            try:
                answer = self._transport.handle_request(request)
            except httpx.TransportError:
                pause = self._pause(attempt, request, None)
                if pause is None:
                    raise
            else:
                pause = self._pause(attempt, request, answer)
                if pause is None:
                    return answer
                answer.close()
            time.sleep(pause)
            attempt += 1

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The same for asyncio."""
        attempt = 1
        while True:
            try:
                answer = await self._async_transport.handle_async_request(request)
            except httpx.TransportError:
                pause = self._pause(attempt, request, None)
                if pause is None:
                    raise
            else:
                pause = self._pause(attempt, request, answer)
                if pause is None:
                    return answer
                await answer.aclose()
            await asyncio.sleep(pause)
            attempt += 1

    def close(self) -> None:
        """Closes the connections of this thread."""
        self._transport.close()

    async def aclose(self) -> None:
        """Closes those of asyncio."""
        await self._async_transport.aclose()

    def _pause(self, attempt: int, request: httpx.Request, answer: httpx.Response | None) -> float | None:
        """Seconds until the next attempt; None when this one was the last."""
        backoff = min(self._wait_max_s, self._backoff_s * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1)
        asked = None if answer is None else asked_to_wait(answer)
        # A 409 that asks to wait: the same request is still running, its answer is there in a moment.
        passes = (
            answer is None or answer.status_code in PASSING or (answer.status_code == 409 and asked is not None)
        )
        may = may_be_asked_twice(request) or (answer is not None and answer.status_code == 429)
        if attempt >= self._attempts_max or not passes or not may or (asked or 0) > self._wait_max_s:
            return None
        return max(backoff, asked or 0)


def may_be_asked_twice(request: httpx.Request) -> bool:
    """Reads change nothing, what has a key happens once, and a second token does no harm."""
    is_safe = request.method in {"GET", "HEAD", "DELETE"}
    return is_safe or "Idempotency-Key" in request.headers or request.url.path.endswith(TOKEN_PATH)


def asked_to_wait(answer: httpx.Response) -> float | None:
    """Seconds that `Retry-After` asks for."""
    said: str | None = answer.headers.get("Retry-After")
    if said is None:
        return None
    if said.isdecimal():
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return None
