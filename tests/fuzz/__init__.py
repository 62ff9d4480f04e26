"""Fuzzing the HTTP door: everything that its OpenAPI document allows and does not, and raw bytes at its socket.

The test suite runs short forms of both; `make fuzz` runs them at length.
"""
