"""The ride: what it is, its one strict decoder, its columnar form, and the files it comes in."""
