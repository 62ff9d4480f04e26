"""What is measured beside the API, a small server each, in an environment of its own; and the senders."""
