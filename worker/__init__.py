"""The stream door: ride events on a Kafka topic become predictions on another, exactly once."""
