"""Settings: which there are (`fields`), where they come from (`sources`), and how they are checked (`loading`).

Nothing is read when this is imported; `load` is called once, by a command.
"""

from consumer.settings.fields import BatchProcessingConfig, Settings
from consumer.settings.loading import Loaded, load

__all__ = ["BatchProcessingConfig", "Loaded", "Settings", "load"]
