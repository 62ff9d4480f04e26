"""What is measured beside the file door: one small program each, that tells how long its work alone took."""
