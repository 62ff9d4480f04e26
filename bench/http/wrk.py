"""wrk against one server: how many right answers a second, each answer's number checked as it comes."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from bench.http.contestants import Contestant
from bench.http.cores import on_core
from bench.http.rides import AskedRide

CONNECTIONS: Final = 16
_ANSWER_SECONDS: Final = 5
_MARK: Final = "FOUND "
_TOLERANCE: Final = 1e-6  # minutes, for those that compute by scikit-learn

_SCRIPT: Final = """\
local requests, expected, turn = {}, {}, 0
right, wrong, first_wrong = 0, 0, ""
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init()
  for number, each in ipairs(RIDES) do
    requests[number] = wrk.format("POST", PATH, { ["Content-Type"] = "application/json" }, each.body)
    expected[each.name] = each.duration
  end
end
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
local function is_right(status, body)
  local found = tonumber(string.match(body, PATTERN) or "")
  if status ~= 200 or not found then return false end
  if NAMED then return expected[string.match(body, '"ride_id":"([^"]*)"')] == found end
  for _, duration in pairs(expected) do
    if math.abs(duration - found) < TOLERANCE then return true end
  end
  return false
end
function response(status, headers, body)
  if is_right(status, body) then
    right = right + 1
  else
    wrong = wrong + 1
    if wrong == 1 then first_wrong = status .. " " .. string.sub(body, 1, 200) end
  end
end
function done(summary, latency, requests)
  local right, wrong, told = 0, 0, ""
  for _, thread in ipairs(threads) do
    right, wrong = right + thread:get("right"), wrong + thread:get("wrong")
    if thread:get("first_wrong") ~= "" then told = thread:get("first_wrong") end
  end
  local errors = summary.errors
  io.write(string.format("FOUND %d %d %d %d %d %d\\n", right, wrong,
    errors.connect + errors.read + errors.write, errors.timeout, summary.duration, latency:percentile(99)))
  if told ~= "" then io.write("WRONG " .. told .. "\\n") end
end
"""


class NoWrk(Exception):
    """wrk is not on this machine."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk found.

    Attributes:
        right: answers with the right number.
        wrong: answers with another number, or with another status than 200.
        failed: connections that failed or were silent for too long.
        seconds: that it ran.
        p99_ms: of the response time, all connections always busy.
        first_wrong: the first wrong answer.
    """

    right: int
    wrong: int
    failed: int
    seconds: float
    p99_ms: float
    first_wrong: str

    @property
    def per_second(self) -> float:
        """Right answers a second."""
        return self.right / self.seconds


def put_under_load(contestant: Contestant, port: int, rides: Sequence[AskedRide], seconds: int, folder: Path) -> Load:
    """Keep 16 connections of one server busy for so long.

    Raises:
        NoWrk: it is not installed.
        subprocess.SubprocessError: it failed.
    """
    return read_output(run_wrk(lua_script(contestant, rides), CONNECTIONS, port, seconds, folder))


def run_wrk(script: str, connections: int, port: int, seconds: int, folder: Path) -> str:
    """What wrk and its script print; it runs on the other core.

    Raises:
        NoWrk: it is not installed.
        subprocess.SubprocessError: it failed.
    """
    if shutil.which("wrk") is None:
        raise NoWrk("wrk is not installed; on Debian and Ubuntu: apt-get install wrk")
    file = folder / "wrk.lua"
    file.write_text(script)
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={_ANSWER_SECONDS}s", "-s", str(file)]
    ended = subprocess.run(
        on_core(1, [*words, f"http://127.0.0.1:{port}"]),
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 60,
    )
    return ended.stdout


def lua_script(contestant: Contestant, rides: Sequence[AskedRide]) -> str:
    """The script that sends the rides in turn and checks what comes back."""
    named = contestant.names_rides and contestant.exact
    return f"NAMED = {str(named).lower()}\nTOLERANCE = {_TOLERANCE}\n{lua_rides(contestant, rides)}{_SCRIPT}"


def lua_rides(contestant: Contestant, rides: Sequence[AskedRide]) -> str:
    """The route, and the rides with their numbers, as globals of a script: PATH, PATTERN, RIDES."""
    lines = []
    for each in rides:
        body = _quoted(contestant.body(each.ride).decode())
        lines.append(
            f"{{ name = {_quoted(str(each.ride.ride_id))}, duration = {each.duration_minutes!r}, body = {body} }},"
        )
    constants = f"PATH = {_quoted(contestant.path)}\nPATTERN = {_quoted(contestant.pattern)}\n"
    return constants + "RIDES = {\n" + "\n".join(lines) + "\n}\n"


def read_output(text: str) -> Load:
    """What the script told at its end.

    Raises:
        ValueError: it did not get there.
    """
    for line in text.splitlines():
        if line.startswith(_MARK):
            right, wrong, broken, silent, microseconds, p99 = map(int, line.split()[1:])
            told = text.partition("WRONG ")[2].strip()
            return Load(right, wrong, broken + silent, microseconds / 1e6, p99 / 1e3, told)
    raise ValueError(f"wrk did not end well:\n{text}")


def _quoted(text: str) -> str:
    """As a Lua string: JSON's quoting is Lua's for what is ASCII, but for the slash."""
    return msgspec.json.encode(text).decode()
