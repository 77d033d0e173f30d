"""Dead letters: records that could not be processed, kept with the reason so that they can be mended and replayed."""
