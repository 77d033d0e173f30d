"""Settings: which there are (`fields`), where they come from (`sources`), and how they are checked (`loading`).

Nothing is read when this is imported; `load` is called once, by a command, `load_from_program` by the library.
"""

from consumer.settings.fields import BatchProcessingConfig, Settings
from consumer.settings.loading import Loaded, load, load_from_program

__all__ = ["BatchProcessingConfig", "Loaded", "Settings", "load", "load_from_program"]
