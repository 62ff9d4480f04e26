"""What is raced against the worker: one small program each, run as `FILE SERVERS INPUT OUTPUT GROUP MODEL`."""
