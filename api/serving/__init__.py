"""Serving the application: a listening socket, processes, and a loop in each, which no slow client can stall."""
