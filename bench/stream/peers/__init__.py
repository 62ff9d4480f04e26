"""The peers' pinned requirements, and the virtual environment that each is installed in."""
