"""The memory domain: what an event is, when it is valid, which event wins, what tells of one thing. Pure."""
