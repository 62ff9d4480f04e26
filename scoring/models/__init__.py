"""The two kinds of model, and the ways to get one: compiled, trained, or read from a notebook's pickle."""
