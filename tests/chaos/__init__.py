"""The fault suite: real workers on a real broker, faults injected, and a checker that shares no code with the worker.

Run as ``python -m tests.chaos``; see ``--help``. Nothing here is collected by pytest; the checker's own tests are in
tests/unit/chaos.
"""
