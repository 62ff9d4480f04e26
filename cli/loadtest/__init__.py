"""`ridescore loadtest`: Locust against a server, and what the server used meanwhile."""
