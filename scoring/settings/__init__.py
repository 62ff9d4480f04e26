"""Settings: read once from the environment, frozen, and passed down; nothing else reads the environment."""
