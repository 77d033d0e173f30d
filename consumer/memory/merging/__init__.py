"""Which memories tell of one thing, and what a reader sees of them together. Pure."""
