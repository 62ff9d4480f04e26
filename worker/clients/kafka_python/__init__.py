"""The client protocol on kafka-python, with what its transactions must be guarded against (design section 6)."""
