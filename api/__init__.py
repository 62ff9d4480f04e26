"""The HTTP door: rides by Flask, one prediction or ten thousand a request.

Imports the core alone, and connects, reads and configures nothing at import: `api.app.create_app` builds it.
"""
