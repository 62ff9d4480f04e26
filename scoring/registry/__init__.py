"""The registry: immutable model versions in a directory or at an fsspec URL, and which of them is active."""
