"""Who may ask: a bearer token for all routes but probes, compared in constant time; without one, writes are off."""

import hmac
from typing import Final

from pydantic import SecretStr

from api.problem import Problem

PROBES: Final = ("/health", "/live", "/ready", "/metrics", "/v2/health/live", "/v2/health/ready")
PAGES: Final = ("/docs", "/docs/page.css", "/docs/page.js", "/docs/schemas.js", "/docs/try.js")
OPEN_ROUTES: Final = frozenset({*PROBES, *PAGES})  # pages hold nothing secret, and a browser has no token before them


class Token:
    """The token that requests must carry.

    Args:
        secret: None or empty: reads are open and writes are refused.
    """

    def __init__(self, secret: SecretStr | None) -> None:
        text = secret.get_secret_value() if secret else ""
        self._expected = text.encode()
        self.is_set = bool(text)

    def check(self, authorization: str | None) -> None:
        """Let a request pass.

        Raises:
            Problem: the header is missing or wrong (401).
        """
        if not self.is_set:
            return
        scheme, _space, given = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self._expected):
            detail = "send the header `Authorization: Bearer <API_TOKEN>`"
            challenge = {"WWW-Authenticate": 'Bearer realm="ridescore"'}
            raise Problem(401, "unauthorized", "The token is missing or wrong", detail, headers=challenge)

    def check_write(self) -> None:
        """Let a change pass; :meth:`check` has judged the header already.

        Raises:
            Problem: no token is set, so changes are off (403).
        """
        if not self.is_set:
            detail = "changes over HTTP are off: set API_TOKEN to a secret, restart, and send it as a bearer token"
            raise Problem(403, "writes-off", "Changes are off", detail)
