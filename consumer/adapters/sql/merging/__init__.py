"""The mode memory+dedup in SQL: clusters of memories that tell of one thing."""
