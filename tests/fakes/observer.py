"""An observer for tests that watch something else."""

from consumer.records import Batch, Written


class Nobody:
    """An observer that does not care."""

    def batch_done(self, batch: Batch, written: Written, seconds: float) -> None:
        """So what."""

    def waiting(self, reason: str) -> None:
        """So what."""

    def turned(self) -> None:
        """So what."""
