"""Settings as they may be shown: without passwords. Pure."""

import re

MASK = "***"

_URL_PASSWORD = re.compile(r"(?<=://)([^/?#]*?):[^/?#]*@")
_QUERY_PASSWORD = re.compile(r"([?&][^=&]*(?:password|secret|token)[^=&]*=)[^&]*", re.IGNORECASE)
_SECRET_NAME = re.compile(
    r"password|secret|token|credential|jaas|oauthbearer\.config|\.pem$|^ssl\.key$|^kafka$", re.IGNORECASE
)
"""`kafka` is no setting, but what somebody takes for one holds all properties at once."""


def masked(name: str, value: str) -> str:
    """The value, with whatever is secret in it masked: passwords in URLs, and properties whose name says so."""
    if value and _SECRET_NAME.search(name):
        return MASK
    value = _URL_PASSWORD.sub(rf"\1:{MASK}@", value)
    return _QUERY_PASSWORD.sub(rf"\1{MASK}", value)
