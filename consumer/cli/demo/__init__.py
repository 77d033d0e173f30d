"""`demo`: the whole job on an embedded stack, and the proof that nothing was lost on the way."""
