"""Which scorer is in force, and what one look at the chosen model does about it; knows no threads and no Redis.

One thread looks; any may ask for the scorer. A version that cannot be loaded leaves the one before it in force.
"""

import logging
import random
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from scoring.errors import ModelError
from scoring.following.swap_report import SwapReport
from scoring.model_source import Choice, choose
from scoring.scorer import Scorer
from scoring.settings.model_settings import ModelSettings

log = logging.getLogger(__name__)

SETTLE_SECONDS: Final = 0.5
FIRST_RETRY_SECONDS: Final = 10.0
LONGEST_RETRY_SECONDS: Final = 300.0
_TOLD_RETRY_SECONDS: Final = 1.0


@dataclass(slots=True)
class _InVain:
    """A choice that could not be loaded: when that was tried, when it is tried again."""

    stamp: Hashable
    error: ModelError
    tried_at: float
    retry_at: float
    pause_seconds: float


class Following:
    """A scorer source that is as new as its last look.

    Args:
        settings: which model is meant, and how often to look.
        report: told of swaps and problems.
        on_swap: called with each scorer after it came into force, the first included.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        settings: ModelSettings,
        report: SwapReport,
        on_swap: Callable[[Scorer], None] = lambda _scorer: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._report = report
        self._on_swap = on_swap
        self._clock = clock
        self._scorer: Scorer | None = None
        self._error: ModelError | None = ModelError("no model has been looked for yet")
        self._stamp: Hashable = None
        self._content: Hashable = None
        self._generation = 0
        self._unsettled: Hashable = None
        self._in_vain: _InVain | None = None
        self._looks = 0

    def current(self) -> Scorer:
        """The scorer in force.

        Raises:
            ModelError: none could be loaded yet; the message says why and what to do.
        """
        scorer = self._scorer
        if scorer is None:
            error = self._error or ModelError("no model has been looked for yet")
            raise type(error)(*error.args)  # a new one: many threads would lengthen the trace of a shared one for ever
        return scorer

    @property
    def problem(self) -> str:
        """Why what is chosen is not what scores; empty where all is well."""
        error = self._error
        return str(error) if error else ""

    def look(self, *, told: bool = False) -> float:
        """See what is chosen; load it and put it in force if it is not. Only one thread may look.

        Args:
            told: whether somebody said that something has changed, so that what failed may be worth another try.

        Returns:
            In how many seconds at the latest to look again.
        """
        self._looks += 1
        try:
            return self._look(told)
        except ModelError as error:
            self._has_problem(error)
        except Exception as error:
            log.exception("looking for the chosen model failed")
            self._has_problem(ModelError(f"looking for the chosen model failed: {type(error).__name__}: {error}"))
        return self._settings.poll_seconds

    def _look(self, told: bool) -> float:
        choice = choose(self._settings)
        if choice.stamp == self._stamp:
            self._unsettled = None
            self._is_well()
            return self._settings.poll_seconds
        vain = self._in_vain
        if vain is not None and vain.stamp == choice.stamp and not self._worth_retrying(vain, told):
            self._has_problem(vain.error)
            return self._settings.poll_seconds
        if self._hesitates(choice):
            return min(SETTLE_SECONDS, self._settings.poll_seconds)
        return self._take(choice)

    def _hesitates(self, choice: Choice) -> bool:
        """Files written in place, and a generation that went back, are believed when two looks agree.

        A generation goes back where ACTIVE was mended or restored, but also where a stale copy was read.
        """
        doubtful = choice.written_in_place or (choice.generation or self._generation) < self._generation
        if self._looks == 1 or not doubtful or self._unsettled == choice.stamp:
            return False
        self._unsettled = choice.stamp
        return True

    def _take(self, choice: Choice) -> float:
        began = self._clock()
        failure: ModelError | None = None
        content: Hashable = None
        scorer = before = self._scorer
        try:
            content = choice.content()
            if before is None or content != self._content:
                scorer = choice.load()
        except ModelError as error:
            failure = error
        except Exception as error:
            log.exception("loading the chosen model failed")
            failure = ModelError(f"loading the chosen model failed: {type(error).__name__}: {error}")
        if choice.written_in_place and (now := choose(self._settings).stamp) != choice.stamp:
            self._unsettled = now  # it was written meanwhile: neither the model nor its failure counts
            if before is None:
                self._has_problem(
                    failure or ModelError("the model file is being written; it is read again in a moment")
                )
            return min(SETTLE_SECONDS, self._settings.poll_seconds)
        self._unsettled = None
        if failure is not None or scorer is None:
            self._failed(choice, failure or ModelError("there is no model"))
        else:
            self._in_force(choice, content, scorer, began)
        return self._settings.poll_seconds

    def _in_force(self, choice: Choice, content: Hashable, scorer: Scorer, began: float) -> None:
        before, self._scorer = self._scorer, scorer
        self._stamp, self._content, self._in_vain = choice.stamp, content, None
        self._generation = choice.generation or 0
        if scorer is before:
            self._is_well()
            return
        self._error = None
        if before is None and self._looks == 1:
            self._report.began(scorer.model_version)
        else:
            self._report.swapped(scorer.model_version, before.model_version if before else "", self._clock() - began)
        self._on_swap(scorer)

    def _failed(self, choice: Choice, error: ModelError) -> None:
        now, vain = self._clock(), self._in_vain
        again = vain is not None and vain.stamp == choice.stamp
        pause_seconds = min(vain.pause_seconds * 2, LONGEST_RETRY_SECONDS) if vain and again else FIRST_RETRY_SECONDS
        retry_at = now + pause_seconds * random.uniform(0.75, 1.0)  # noqa: S311
        self._in_vain = _InVain(choice.stamp, error, now, retry_at, pause_seconds)
        self._report.failed()
        self._has_problem(error)

    def _worth_retrying(self, vain: _InVain, told: bool) -> bool:
        now = self._clock()
        return now >= vain.retry_at or (told and now - vain.tried_at >= _TOLD_RETRY_SECONDS)

    def _has_problem(self, error: ModelError) -> None:
        if self._looks == 1 or str(error) != self.problem:
            self._report.problem(str(error), self._scorer.model_version if self._scorer else "")
        self._error = error

    def _is_well(self) -> None:
        if self._error is not None and self._scorer is not None:
            self._report.solved(self._scorer.model_version)
            self._error = None
