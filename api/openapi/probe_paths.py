"""The document's paths of probes, and of the document itself."""

from typing import Any, Final

from api.openapi.operation import answer, json_answer, operation, problems

_PROBES: Final = "probes"
_DOCUMENTS: Final = "documents"


def probe_paths(open_to_all: list[dict[str, Any]]) -> dict[str, Any]:
    """The paths.

    Args:
        open_to_all: the security of routes that need no token.
    """
    return {
        "/health": {
            "get": operation(
                "health",
                _PROBES,
                "How the process is",
                {
                    "200": json_answer("It scores rides.", "Health"),
                    "503": json_answer("No model is loaded; `dependencies` says why.", "Health"),
                    **problems(),
                },
                security=open_to_all,
            )
        },
        "/live": {
            "get": operation(
                "live",
                _PROBES,
                "Whether the process answers",
                {"200": json_answer("It does.", "Live"), **problems()},
                security=open_to_all,
            )
        },
        "/ready": {
            "get": operation(
                "ready",
                _PROBES,
                "Whether rides can be scored",
                {
                    "200": json_answer("They can.", "Ready"),
                    "503": json_answer("They cannot, or the process was told to stop.", "NotReady"),
                    **problems(),
                },
                security=open_to_all,
            )
        },
        "/metrics": {
            "get": operation(
                "metrics",
                _PROBES,
                "Metrics for Prometheus",
                {
                    "200": answer("In Prometheus's text format.", {"text/plain": {"schema": {"type": "string"}}}),
                    **problems(),
                },
                security=open_to_all,
            )
        },
        "/openapi.json": {
            "get": operation(
                "openapi",
                _DOCUMENTS,
                "This document",
                {
                    "200": answer("OpenAPI 3.1.", {"application/json": {"schema": {"type": "object"}}}),
                    **problems(401, 503),
                },
            )
        },
        "/docs": {"get": _page("docs", "This document for people", "text/html", open_to_all)},
        "/docs/page.css": {"get": _page("docsStyle", "How the page looks", "text/css", open_to_all)},
        **{
            f"/docs/{name}.js": {"get": _page(f"docs-{name}", "What the page does", "text/javascript", open_to_all)}
            for name in ("page", "schemas", "try")
        },
    }


def _page(name: str, summary: str, kind: str, open_to_all: list[dict[str, Any]]) -> dict[str, Any]:
    found = answer("As a browser reads it.", {kind: {"schema": {"type": "string"}}})
    return operation(name, _DOCUMENTS, summary, {"200": found, **problems()}, security=open_to_all)
