"""What a task is tried again after: what may pass by itself, and never what is wrong with a model, a ride or a file."""

import errno
from typing import Any, Final

from scoring.errors import BrokerUnavailable, ModelError, RideError, RidescoreError

# The same call fails the same way until somebody does something.
_LASTING: Final = frozenset(
    {
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOSPC,
        errno.EDQUOT,
        errno.ENAMETOOLONG,
        errno.EINVAL,
    }
)


def may_pass(error: BaseException) -> bool:
    """Whether trying again may help.

    Args:
        error: what a task raised; one of ours is judged by what it was raised from.

    >>> may_pass(TimeoutError()), may_pass(FileNotFoundError(2, "no such file"))
    (True, False)
    """
    match error:
        case BrokerUnavailable():
            return True
        case ModelError() | RideError():
            return False
        case RidescoreError():
            # pyarrow tells of damage by an OSError, too: by one without a number.
            cause = error.__cause__
            return isinstance(cause, OSError) and not _is_damage(cause) and may_pass(cause)
        case OSError():
            return error.errno not in _LASTING
        case _:
            return False


def _is_damage(error: OSError) -> bool:
    return type(error) is OSError and error.errno is None


def retry_what_may_pass(_task: Any, _task_run: Any, state: Any) -> bool:
    """Prefect's question whether a task that failed is tried again."""
    return isinstance(state.data, BaseException) and may_pass(state.data)
