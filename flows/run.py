"""One run of a flow, now and in this process: on a server where PREFECT_API_URL names one, else on one of its own."""

from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import msgspec
from prefect.exceptions import ParameterTypeError, PrefectException
from prefect.flows import Flow

from flows.catalogue import FLOWS
from flows.server import check_server, unavailable
from scoring.errors import SettingsError


def run_flow(name: str, parameters: Iterable[str]) -> Any:
    """Run a flow and give what it returns.

    Args:
        name: one of :data:`flows.catalogue.FLOWS`.
        parameters: each as ``NAME=VALUE``, where the value is JSON or plain text; a name given twice is a list.

    Raises:
        SettingsError: there is no such flow or parameter, or a value is of the wrong type.
        FlowServerUnavailable: the Prefect server does not answer, or no longer.
        RidescoreError: what the flow raised.
    """
    if name not in FLOWS:
        raise SettingsError(f"no flow is named {name!r}; choose one of {', '.join(FLOWS)}")
    given = parsed_parameters(FLOWS[name], parameters)
    check_server()
    try:
        return FLOWS[name](**given)
    except ParameterTypeError as error:
        raise SettingsError(f"{name}: {' '.join(str(error).split())}") from error
    except (httpx.HTTPError, PrefectException) as error:
        raise unavailable(error) from error


def parsed_parameters(flow: Flow[..., Any], pairs: Iterable[str]) -> dict[str, Any]:
    """Read ``NAME=VALUE`` pairs for a flow.

    Raises:
        SettingsError: a pair is none, the flow has no such parameter, or one that it needs is missing.
    """
    properties: Mapping[str, Any] = flow.parameters.properties
    found: dict[str, Any] = {}
    for pair in pairs:
        key, _, text = pair.partition("=")
        if not key or "=" not in pair:
            raise SettingsError(f"--param {pair}: write it as NAME=VALUE, such as start=2021-01")
        if key not in properties:
            raise SettingsError(f"{flow.name} takes no parameter {key}; it takes {', '.join(properties) or 'none'}")
        value = _value(text, properties[key])
        if key in found:
            before = found[key] if isinstance(found[key], list) else [found[key]]
            value = [*before, *(value if isinstance(value, list) else [value])]
        found[key] = value
    missing = [key for key in flow.parameters.required if key not in found]
    if missing:
        raise SettingsError(f"{flow.name} needs --param {' --param '.join(f'{key}=...' for key in missing)}")
    return found


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    kinds = {each.get("type") for each in schema.get("anyOf", [schema])}
    if kinds <= {"string", "null"}:
        return text  # 2021 is a text here, not a number
    try:
        value = msgspec.json.decode(text.encode())
    except msgspec.DecodeError:
        value = text
    return [value] if "array" in kinds and not isinstance(value, list) else value
