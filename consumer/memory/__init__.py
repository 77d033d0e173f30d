"""The memory domain: what an event is, when it is valid, and which event wins. Pure; no Kafka, SQL or Redis."""
