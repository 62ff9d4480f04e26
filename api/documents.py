"""`/openapi.json`, the document of this API, and `/docs`, a page made of it that needs no outside address.

The page is open even where a token is set, since a browser cannot send one before there is a page to type it in; the
document is not.
"""

from collections.abc import Callable
from importlib.resources import files
from typing import Final

import msgspec
from flask import Blueprint, Response

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_ROUTES: Final = {
    "/docs": ("page.html", "text/html; charset=utf-8"),
    "/docs/page.css": ("page.css", "text/css; charset=utf-8"),
    "/docs/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/docs/schemas.js": ("schemas.js", "text/javascript; charset=utf-8"),
    "/docs/try.js": ("try.js", "text/javascript; charset=utf-8"),
}


def documents_blueprint(*, token_is_set: bool) -> Blueprint:
    """The routes of the document and its page.

    Args:
        token_is_set: whether routes other than the probes ask for a bearer token.
    """
    blueprint = Blueprint("documents", __name__)
    made: list[bytes] = []

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        if not made:  # not before it is asked for, so that a server is ready sooner
            from api.openapi.document import openapi_document

            made.append(msgspec.json.encode(openapi_document(token_is_set=token_is_set)))
        return Response(made[0], content_type="application/json")

    for route, (name, kind) in PAGE_ROUTES.items():
        blueprint.add_url_rule(route, name.replace(".", "_"), _page(name, kind), methods=["GET"])
    return blueprint


def _page(name: str, kind: str) -> Callable[[], Response]:
    def page() -> Response:
        content = (files("api") / "docs_page" / name).read_bytes()
        return Response(content, content_type=kind, headers={"Content-Security-Policy": _POLICY})

    return page
