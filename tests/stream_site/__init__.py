"""The real worker against a real Kafka, and a checker that shares no code with it."""
