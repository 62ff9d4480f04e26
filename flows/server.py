"""The Prefect server that flows are on, and what is said where it does not answer."""

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectException
from prefect.settings import PREFECT_API_URL

from scoring.errors import FlowServerUnavailable, first_line

# What Prefect raises where its server is at fault. Its check of versions wraps whatever it meets in a RuntimeError.
SERVER_ERRORS = (httpx.HTTPError, PrefectException, RuntimeError)


def check_server() -> None:
    """Reach the server at PREFECT_API_URL; where none is named, start the one of this process.

    Raises:
        FlowServerUnavailable: it does not answer, refuses, or is of another major version.
    """
    try:
        with get_client(sync_client=True) as client:
            client.raise_for_api_version_mismatch()
    except SERVER_ERRORS as error:
        raise unavailable(error) from error


def unavailable(error: Exception) -> FlowServerUnavailable:
    """What to say of an error of the server's: what was found, and what to do."""
    said = error.__cause__ if isinstance(error, RuntimeError) and error.__cause__ else error
    address = PREFECT_API_URL.value()
    if not address:
        return FlowServerUnavailable(
            f"Prefect's server for this run did not start ({first_line(said)}); try again, or start one with "
            "`prefect server start` and set PREFECT_API_URL=http://localhost:4200/api"
        )
    if isinstance(said, httpx.TransportError):
        return FlowServerUnavailable(
            f"the Prefect server at {address} does not answer ({first_line(said)}); start it with `prefect server "
            "start`, set PREFECT_API_URL to where it is, or unset it: `ridescore flows run` needs none"
        )
    return FlowServerUnavailable(
        f"the Prefect server at {address} refused ({first_line(said)}); see whether PREFECT_API_URL names one of "
        "Prefect 3, and whether it wants PREFECT_API_AUTH_STRING or PREFECT_API_KEY"
    )
