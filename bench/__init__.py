"""Measurements, each beside its ceiling or its peer in the same run; no absolute time is ever asserted."""
