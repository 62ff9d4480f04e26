"""The core that every door shares: rides, features, models, the registry, settings, errors, logs and metrics.

Knows nothing of Kafka, HTTP or schedules, and does no work at import.
"""
