"""`api.wsgi:application` (and `app`) for gunicorn and every other WSGI server.

The one module that builds at import, since such servers import it to be served: it reads the environment, configures
logs and loads the model. Nothing of ours imports it.
"""

from api.build import build_wsgi
from scoring.logs import configure_logs
from scoring.settings.settings import read_settings

_settings = read_settings()
configure_logs(_settings.log.log_level)
application = build_wsgi(_settings)
app = application
