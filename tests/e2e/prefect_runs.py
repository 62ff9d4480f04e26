"""Runs of deployments on a stack's Prefect server, asked for over its API as its pages do."""

from tests.e2e.stack import Stack, ask, wait_until

_ENDS = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def run_deployment(stack: Stack, flow: str) -> float:
    """Run a flow's deployment to its good end; seconds from the request. AssertionError, with the log, on any other."""
    prefect = stack.url("PREFECT_PORT", "/api")
    status, deployment = ask(f"{prefect}/deployments/name/{flow}/ridescore")
    assert status == 200, deployment
    status, begun = ask(f"{prefect}/deployments/{deployment['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})
    assert status == 201, begun
    state = ""

    def ended() -> bool:
        nonlocal state
        status, told = ask(f"{prefect}/flow_runs/{begun['id']}")
        state = told["state"]["type"] if status == 200 else ""
        return state in _ENDS

    seconds = wait_until(f"a run of {flow}", ended)
    assert state == "COMPLETED", stack.compose("logs", "--tail", "50", "flows")
    return seconds
