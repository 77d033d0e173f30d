"""A Kafka consumer for memory events: batched, validated, deduplicated, and exact across crashes."""
