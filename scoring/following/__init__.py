"""Following the model that is chosen: looks often, and swaps one reference once a new version has proved good."""
