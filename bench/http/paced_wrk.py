"""wrk at a constant rate: response times from when each request was due, each answer's number checked as it comes.

wrk itself sends the next request when an answer is there. Its script holds each back until the next moment of a
schedule, so that a server that stalls is not asked less (no coordinated omission). A sender in Python cannot keep up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.http.contestants import Contestant
from bench.http.rides import AskedRide
from bench.http.wrk import lua_rides, run_wrk

CONNECTIONS: Final = 64
RIDES: Final = 1_024  # more than can be in flight, so that an answer's id tells which request it is for
STEP_MICROSECONDS: Final = 10

# wrk's timers have whole milliseconds, so what is due within one is sent at its beginning, together; what is sent
# early counts from when it was sent. The clock is the one that the timers go by.
_SCRIPT: Final = """\
local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int, moment *);")
local moment, clock = ffi.new("moment"), ffi.C.clock_gettime
local function now()
  clock(0, moment)
  return tonumber(moment.seconds) * 1e6 + tonumber(moment.nanoseconds) / 1e3
end
local requests, places, from = {}, {}, {}
local began, scheduled, sent, turn = nil, 0, 0, 0
local due = {}
taken, late, right, wrong, first_wrong = {}, {}, 0, 0, ""
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init()
  for place, each in ipairs(RIDES) do
    requests[place] = wrk.format("POST", PATH, { ["Content-Type"] = "application/json" }, each.body)
    places[each.name] = place
  end
end
local function count(histogram, microseconds)
  local step = math.max(0, math.floor(microseconds / STEP))
  histogram[step] = (histogram[step] or 0) + 1
end
function delay()
  local moment = now()
  began = began or moment
  local next = began + scheduled * 1e6 / RATE
  scheduled = scheduled + 1
  due[scheduled] = next
  return math.max(0, math.floor(next / 1e3) - math.floor(moment / 1e3))
end
function request()
  turn = turn % #requests + 1
  local next = due[sent + 1]
  if next then  -- wrk asks once before it begins
    sent = sent + 1
    due[sent] = nil
    local moment = now()
    from[turn] = math.min(next, moment)
    count(late, moment - next)
  end
  return requests[turn]
end
function response(status, headers, body)
  local moment = now()
  local place = places[string.match(body, '"ride_id":"([^"]*)"') or ""]
  local found = tonumber(string.match(body, PATTERN) or "")
  if status == 200 and place and from[place] and RIDES[place].duration == found then
    right = right + 1
    count(taken, moment - from[place])
    from[place] = nil
  else
    wrong = wrong + 1
    if wrong == 1 then first_wrong = status .. " " .. string.sub(body, 1, 200) end
  end
end
local function told(name, histogram)
  local words = { name }
  for step, times in pairs(histogram) do table.insert(words, step .. ":" .. times) end
  io.write(table.concat(words, " ") .. "\\n")
end
function done(summary, latency, requests)
  local thread, errors = threads[1], summary.errors
  io.write(string.format("PACED %d %d %d\\n", thread:get("right"), thread:get("wrong"),
    errors.connect + errors.read + errors.write + errors.timeout))
  told("TAKEN", thread:get("taken"))
  told("LATE", thread:get("late"))
  if thread:get("first_wrong") ~= "" then io.write("WRONG " .. thread:get("first_wrong") .. "\\n") end
end
"""


@dataclass(frozen=True, slots=True)
class Paced:
    """What one run found.

    Attributes:
        right: answers with the right number.
        failed: other answers, connections that broke, and requests that were due and had no answer at the end, but for
            those that may have been in flight.
        taken: response times in steps of 10 us, each with how often it was found; ascending.
        late: how much later than due requests were sent, likewise.
        first_wrong: the first wrong answer.
    """

    right: int
    failed: int
    taken: list[tuple[int, int]]
    late: list[tuple[int, int]]
    first_wrong: str


def send_at_rate(
    contestant: Contestant, port: int, rides: Sequence[AskedRide], rate: float, seconds: int, folder: Path
) -> Paced:
    """Send to a server that names the rides of its answers, over up to 64 connections.

    Args:
        contestant: what is sent, and how its answers look.
        port: of its server, on this machine.
        rides: with different ids, more than there are connections.
        rate: requests a second.
        seconds: for how long.
        folder: for the script.

    Raises:
        NoWrk: wrk is not installed.
        subprocess.SubprocessError: it failed.
        ValueError: its script did not get to its end.
    """
    script = f"RATE = {rate!r}\nSTEP = {STEP_MICROSECONDS}\n{lua_rides(contestant, rides)}{_SCRIPT}"
    return read_paced(run_wrk(script, CONNECTIONS, port, seconds, folder), int(rate * seconds))


def read_paced(text: str, wanted: int) -> Paced:
    """What the script told at its end.

    Args:
        text: what wrk printed.
        wanted: how many requests were to be sent.

    Raises:
        ValueError: it did not get there.
    """
    lines = {line.partition(" ")[0]: line.partition(" ")[2] for line in text.splitlines()}
    if "PACED" not in lines:
        raise ValueError(f"wrk did not end well:\n{text}")
    right, wrong, broken = map(int, lines["PACED"].split())
    unanswered = max(0, wanted - right - wrong - CONNECTIONS)
    return Paced(
        right, wrong + broken + unanswered, _steps(lines["TAKEN"]), _steps(lines["LATE"]), lines.get("WRONG", "")
    )


def share_ms(steps: Sequence[tuple[int, int]], share: float) -> float:
    """The time in milliseconds that at least this share of all reach or stay below; 0 where there are none.

    Args:
        steps: times in steps of 10 us and how often each was found, ascending.
        share: above 0, at most 1; 0.99 for p99.
    """
    left = share * sum(times for _step, times in steps)
    for step, times in steps:
        left -= times
        if left <= 0:
            return (step + 1) * STEP_MICROSECONDS / 1e3  # the end of the step: rather too long than too short
    return 0.0


def _steps(text: str) -> list[tuple[int, int]]:
    pairs = (word.split(":") for word in text.split())
    return sorted((int(step), int(times)) for step, times in pairs)
