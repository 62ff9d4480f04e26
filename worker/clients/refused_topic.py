"""What a broker's refusal to make a topic means for whoever asked; the clients word it each in its own way."""

from scoring.errors import BrokerError
from worker.clients.client import TopicPlan


def refused_topic(plan: TopicPlan, told: str, *, too_few_brokers: bool) -> BrokerError:
    """The error to raise.

    Args:
        plan: the topic that was not made.
        told: the client's words.
        too_few_brokers: whether there are fewer brokers than copies were asked for.
    """
    if too_few_brokers:
        return BrokerError(
            f"cannot make the topic {plan.name} with {plan.replication} copies: there are fewer brokers; "
            "ask for fewer by --replication, or start more brokers"
        )
    return BrokerError(f"cannot make the topic {plan.name}: {told}")
