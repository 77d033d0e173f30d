"""Keeping Python's cyclic garbage collector from looking at everything over and over.

It runs whenever so and so many objects were made, and looks at the older ones too, those of the imported modules among
them. A batch makes many objects, none of them in a cycle; counting references frees them all. Left as it comes, the
collector would look over and over, and find nothing.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_OBJECTS = 50_000
"""Objects that are made before the collector looks at the young ones: about two batches of 1,000 events. This bounds
what lies about in cycles, which only errors leave behind, to some ten megabytes."""

ROUNDS = 20
"""Rounds over the young before one over those that outlived them; and so on to the oldest."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """What exists by now is never looked at again, and what comes is looked at seldom; as before, afterwards.

    It holds for the whole process.
    """
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, ROUNDS, ROUNDS)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
