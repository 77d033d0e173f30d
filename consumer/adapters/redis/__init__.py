"""The filter of events seen before, in Redis."""
