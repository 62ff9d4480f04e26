"""Does a Redis answer at a URL? Bounded, and never a password in what is said about it."""

from urllib.parse import urlsplit

__all__ = ["redis_address", "redis_problem"]


def redis_problem(url: str, seconds: float) -> str | None:
    """None where PING is answered in time, else why not."""
    # Here, not at the top: importing local_services must load no client.
    from redis import Redis, RedisError
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        client = Redis.from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0)
        )
    except ValueError:
        return "it is not a Redis URL such as redis://host:6379/0"
    try:
        client.ping()
    except (RedisError, OSError) as error:
        return str(error) or type(error).__name__
    finally:
        client.close()
    return None


def redis_address(url: str) -> str:
    """The host and port of a URL, without its user and password."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.hostname}{port}" if parts.hostname else parts.path or "an address without a host"
