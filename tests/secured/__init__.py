"""A Kafka as production has it: TLS, mutual TLS, logins, access rules and quotas, with certificates of its own."""
