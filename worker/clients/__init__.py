"""What the worker asks of a broker, and who answers: kafka-python, confluent-kafka, or a broker in memory."""
