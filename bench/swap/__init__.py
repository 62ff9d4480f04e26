"""Swapping model versions under load: no failed request, every answer that of the version it names, and how soon."""
