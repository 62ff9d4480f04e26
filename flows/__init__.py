"""Prefect flows over batch/ and training/, and their schedules. Thin: what they do is tested without Prefect, too.

The only package that imports Prefect; the worker and the API start without it.
"""
