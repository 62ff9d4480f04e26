"""The application as a process serves it: settings read, logs configured, a model followed.

The composition root of this door; `ridescore serve`, `python -m api` and `api.wsgi` all come here.
"""

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from api.announcer import Announcer
from scoring.following.follower import Follower
from scoring.metrics import Metrics
from scoring.redis.link import RedisLink
from scoring.settings.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from flask import Flask


def build_flask(settings: Settings) -> "Flask":
    """Build the Flask application of this process, which begins to follow its model.

    A model that cannot be loaded is no error: `/predict` answers 503 until one appears.
    """
    from api.app import create_app

    metrics = Metrics(CollectorRegistry())
    follower = Follower(settings.model, settings.redis, metrics).start()
    link = RedisLink(settings.redis.url, metrics.redis_errors, read_seconds=1.0) if settings.redis.url else None
    announcer = Announcer(settings.model.poll_seconds, link, lambda: follower.redis_state, follower.look_now)
    return create_app(settings, follower, metrics, announcer)


def build_wsgi(settings: Settings) -> "WSGIApplication":
    """Build what a WSGI server serves: the Flask application, behind the fast path where that is on."""
    from api.fast_path import FastPath, in_front

    app = build_flask(settings)
    door = app.extensions["door"]
    door.recorder.start()
    return in_front(FastPath(door), app.wsgi_app) if settings.api.fast_path else app.wsgi_app
