"""What is tried again, and what never is."""

import errno

import pyarrow as pa
import pytest

from flows.transient import may_pass
from scoring import errors


def ours(kind: type[errors.RidescoreError], cause: BaseException | None) -> errors.RidescoreError:
    error = (
        kind("one of ours") if kind is not errors.InvalidRide else errors.InvalidRide("trip_distance", "is negative")
    )
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EIO, "input/output error"),
        OSError(errno.ESTALE, "stale file handle"),
        ConnectionResetError(errno.ECONNRESET, "reset"),
        TimeoutError(),
        OSError("storage says try again"),
        errors.BrokerUnavailable("no broker"),
        ours(errors.OutputError, OSError(errno.EIO, "input/output error")),
        ours(errors.RideFileError, ConnectionError("refused")),
    ],
    ids=repr,
)
def test_what_may_pass_is_tried_again(error: BaseException) -> None:
    assert may_pass(error)


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "no such file"),
        PermissionError(errno.EACCES, "denied"),
        OSError(errno.ENOSPC, "full"),
        OSError(errno.EROFS, "read-only"),
        ours(errors.OutputError, OSError(errno.ENOSPC, "full")),
        ours(errors.OutputBusy, None),
        ours(errors.RideFileError, None),
        ours(errors.RideFileError, pa.ArrowInvalid("a bad page")),
        ours(errors.RideFileError, OSError("Couldn't deserialize thrift")),
        ours(errors.ModelCorrupt, TimeoutError()),
        ours(errors.ModelFailed, None),
        ours(errors.InvalidRide, TimeoutError()),
        errors.SettingsError("misspelt"),
        ValueError("a bug"),
        KeyboardInterrupt(),
    ],
    ids=repr,
)
def test_what_will_not_pass_by_itself_is_not_tried_again(error: BaseException) -> None:
    assert not may_pass(error)
