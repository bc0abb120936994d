"""Unpacking an archive that may be hostile: it stays in its folder, and below a size and a count.

Links and devices are refused, so are names that climb out; nothing appears under its own name before all is there.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path

from render.errors import DataError
from render.storage.files import disk_errors


def extract(archive: Path, folder: Path, most_members: int, most_bytes: int) -> None:
    """Unpacks a tar.gz archive, whose members lie in one folder of the folder's name, into that folder.

    Raises DataError, with nothing left behind, where it holds anything else, or more than it may.
    """
    with disk_errors(folder, "--data"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        with disk_errors(folder, "--data"):
            _unpack(archive, temporary, folder.name, most_members, most_bytes)
            shutil.rmtree(folder, ignore_errors=True)
            (temporary / folder.name).replace(folder)
    except (tarfile.TarError, OSError, EOFError, ValueError, OverflowError, zlib.error) as error:
        raise DataError(f"{archive}: is no whole archive ({error}); fetch it again") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _unpack(archive: Path, into: Path, name: str, most_members: int, most_bytes: int) -> None:
    count = size = 0
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            count, size = count + 1, size + member.size
            _refuse(archive, member, name)
            if count > most_members or size > most_bytes:
                raise DataError(
                    f"{archive}: holds over {most_members:,} files or {most_bytes:,} bytes, which this data set does "
                    "not have; it was not unpacked"
                )
            tar.extract(member, into, filter="data")
    if not (into / name).is_dir():
        raise DataError(f"{archive}: holds no folder {name}; fetch it again")


def _refuse(archive: Path, member: tarfile.TarInfo, name: str) -> None:
    """Raises DataError for a member that is no plain file or folder within the folder of a name."""
    parts = Path(member.name).parts
    if member.size < 0:
        raise DataError(f"{archive}: holds {member.name} of {member.size} bytes; it was not unpacked")
    if member.issym() or member.islnk():
        raise DataError(f"{archive}: holds a link, {member.name}; it was not unpacked")
    if not (member.isreg() or member.isdir()):
        raise DataError(f"{archive}: holds a device, {member.name}; it was not unpacked")
    if Path(member.name).is_absolute() or ".." in parts or (parts and parts[0] != name):
        raise DataError(f"{archive}: holds {member.name}, which lies outside of {name}; it was not unpacked")
