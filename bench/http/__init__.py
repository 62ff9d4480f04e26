"""The HTTP door beside its ceiling, the course notes' app and other model servers, all in one run."""
