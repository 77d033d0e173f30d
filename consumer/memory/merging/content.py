"""When two memories say the same: a canonical form of the text, and a hash over what makes the content.

The id, the order of lists, case, outer and repeated whitespace, and the confidence do not matter. The hash is compared
within one owner only. Pure.
"""

import hashlib
import unicodedata
from collections.abc import Collection

HASH_VERSION = 1
"""Goes into every hash: when the canonical form changes, this does, and no old hash passes for a new one."""

_PREFIX = f"memory-content-{HASH_VERSION}|"


def canonical_text(text: str) -> str:
    """The text as it is compared: NFC, case-folded, NFC again because folding may undo it, whitespace collapsed."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(folded.split())


def hash_of(canonical: str, people: Collection[str], sources: Collection[str]) -> bytes:
    """SHA-256 over the canonical text, the sorted ids of participants, and the sorted ids of sources, each once.

    Every part bears its length, so that no two different memories make the same input.
    """
    told = f"{_PREFIX}{len(canonical)}:{canonical}{_listed(people)}{_listed(sources)}"
    # Surrogates can't come from the wire; should one come from elsewhere, it is hashed as it is.
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest()


def _listed(ids: Collection[str]) -> str:
    return f"|{len(ids)}|" + "".join([f"{len(each)}:{each}" for each in sorted(ids)]) if ids else "|0|"
