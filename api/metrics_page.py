"""`/metrics`: of this process, or of all processes that share PROMETHEUS_MULTIPROC_DIR."""

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest


def metrics_page(registry: CollectorRegistry) -> tuple[bytes, str]:
    """The exposition and its content type."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST
