"""Kafka over librdkafka: the source, the dead letters, the publisher, and questions that change nothing."""
