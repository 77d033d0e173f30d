"""What the consumer tells about itself: traces, logs, progress. None of it can stop or slow the work."""
