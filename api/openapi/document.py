"""The OpenAPI 3.1 document as a whole."""

from importlib.metadata import version as installed_version
from typing import Any, Final

from api.openapi.model_paths import model_paths
from api.openapi.probe_paths import probe_paths
from api.openapi.ride_paths import ride_paths
from api.openapi.schemas import schemas
from api.openapi.v2_paths import v2_paths

_BEARER: Final = "bearer"
_ABOUT: Final = (
    "Every answer carries `X-Request-ID`. What goes wrong is `application/problem+json` (RFC 9457): `code` is for "
    "programs and never changes, `detail` says what was found and what to do. Under `/v2` it is the Open Inference "
    'Protocol\'s `{"error": "..."}`.'
)
_HEADERS: Final = {
    "X-Request-ID": {
        "description": "The request's name: yours, where you sent one, or ours. Logs and problems hold it.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait before the next try.", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "The scheme of the token.", "schema": {"type": "string"}},
}
_TAGS: Final = (
    ("predictions", "Rides in, durations out."),
    ("open inference protocol", "The same for clients of MLServer, KServe and Triton; errors in its own form."),
    ("models", "Which version scores."),
    ("probes", "For people, orchestrators and Prometheus; no token is asked for."),
    ("documents", "This document, and the page made of it."),
)


def openapi_document(*, token_is_set: bool) -> dict[str, Any]:
    """The document of every route.

    Args:
        token_is_set: whether routes other than the probes ask for a bearer token.
    """
    open_to_all: list[dict[str, Any]] = []
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ridescore",
            "version": installed_version("ridescore"),
            "summary": "Taxi ride durations, scored by one model.",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": about} for name, about in _TAGS],
        "security": [{_BEARER: []}] if token_is_set else [],
        "paths": {
            **ride_paths(),
            **v2_paths(open_to_all),
            **model_paths(),
            **probe_paths(open_to_all),
        },
        "components": {
            "schemas": schemas(),
            "headers": _HEADERS,
            "securitySchemes": {
                _BEARER: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The secret of the setting `API_TOKEN`. Where none is set, reads are open and "
                    "changes are off.",
                }
            },
        },
    }
