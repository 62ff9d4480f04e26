"""Serving the application: a listening socket, processes, and granian in each, which no slow client can stall."""
