"""What is in a package: entries, folders, and lists of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from unio import _native, readers

if TYPE_CHECKING:
    from unio._package import Package


class PackageEntry:
    """One file of a package.

    Made by `Package.get_entry`, by iterating over a package, and by `Package.ls`. Cheap: nothing is read before it is
    asked for. Two are equal when key, digest, size and metadata are: versions are compared without reading data.

    Example:
        >>> entry = pkg.get_entry("cats/1.txt")
        >>> entry.size, entry.metadata, entry.get()
        (7, {'indoors': True}, 'a tabby')
    """

    __slots__ = ("_index", "_manifest", "_package", "logical_key")

    logical_key: str
    """The path in the package, for example ``"cats/1.txt"``."""

    def __init__(self, package: Package, manifest: _native.Manifest, index: int, logical_key: str) -> None:
        self._package = package
        self._manifest = manifest
        self._index = index
        self.logical_key = logical_key

    def is_file(self) -> bool:
        """True: a folder is a `PackageFolder`."""
        return True

    def is_dir(self) -> bool:
        """False."""
        return False

    @property
    def package(self) -> Package:
        """The package that it is in."""
        return self._package

    @property
    def size(self) -> int:
        """Bytes."""
        return self._manifest.size(self._index)

    @property
    def physical_key(self) -> str:
        """The URL of the bytes, as the manifest has it."""
        return self._manifest.physical_key(self._index)

    @property
    def hash(self) -> str | None:
        """The digest as the manifest writes it; None in a package that is not built, and for unknown digest types."""
        return self._manifest.digest(self._index)[1]

    @property
    def hash_type(self) -> str | None:
        """``"sha2-256-chunked"``, ``"SHA256"`` or ``"CRC64NVME"``."""
        return self._manifest.digest(self._index)[0]

    @property
    def metadata(self) -> Any:
        """The user's metadata: what `set_meta` set, usually a dict. An empty dict when there is none."""
        return self.full_metadata.get("user_meta", {})

    @property
    def full_metadata(self) -> dict[str, Any]:
        """Everything that the manifest keeps, also what other tools wrote; the user's is under ``"user_meta"``."""
        meta: dict[str, Any] = json.loads(self._manifest.meta(self._index))
        return meta

    def get_bytes(self) -> bytes:
        """The content, checked against its digest.

        Comes from the cache where that has it, and is in it afterwards.

        Raises:
            NotFoundError: the object is gone; names package, key and URL.
            CorruptionError: the bytes are not those that were published.

        Example:
            >>> pkg.get_entry("cats/1.txt").get_bytes()
            b'a tabby'
        """
        return self._package._native.read(self._manifest, self._index)

    def get(self) -> Any:
        """The natural object for the type of the file, as `Package.get` gives it."""
        return readers.read(self.logical_key, self.get_bytes())

    def get_contents(self) -> str | bytes:
        """The content as text where it is UTF-8, else as bytes."""
        return readers.text_or_bytes(self.get_bytes())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PackageEntry):
            return NotImplemented
        return (self.logical_key, self.hash, self.size, self.full_metadata) == (
            other.logical_key,
            other.hash,
            other.size,
            other.full_metadata,
        )

    def __hash__(self) -> int:
        return hash((self.logical_key, self.hash))

    def __reduce__(self) -> tuple[Any, ...]:
        return _entry_of, (self._package, self.logical_key)

    def __repr__(self) -> str:
        return f"PackageEntry({self.logical_key!r}, {human_size(self.size)})"


def _entry_of(package: Package, logical_key: str) -> PackageEntry:
    return package.get_entry(logical_key)


class PackageFolder:
    """A folder of a package: what all keys that begin with it have in common. Made by `Package.ls`.

    Example:
        >>> folder = pkg.ls()[1]
        >>> folder
        PackageFolder('cats/', 2 entries, 16 B)
        >>> folder.ls()
        cats/1.txt
        cats/2.txt
    """

    __slots__ = ("_package", "entries", "logical_key", "size")

    logical_key: str
    """Its key, with the slash at the end: ``"cats/"``."""
    size: int
    """The bytes of all entries in it, at any depth."""
    entries: int
    """How many entries are in it, at any depth."""

    def __init__(self, package: Package, logical_key: str, size: int, entries: int) -> None:
        self._package = package
        self.logical_key = logical_key
        self.size = size
        self.entries = entries

    def is_file(self) -> bool:
        """False."""
        return False

    def is_dir(self) -> bool:
        """True."""
        return True

    @property
    def package(self) -> Package:
        """The package that it is in."""
        return self._package

    @property
    def metadata(self) -> Any:
        """The user's metadata of the folder; an empty dict when there is none."""
        return self._package.get_metadata(self.logical_key)

    def ls(self) -> Listing:
        """What is directly in it."""
        return self._package.ls(self.logical_key)

    def __repr__(self) -> str:
        return f"PackageFolder({self.logical_key!r}, {self.entries:,} entries, {human_size(self.size)})"


class Listing(list["PackageEntry | PackageFolder"]):
    """What is in a folder: a list that shows one key a line, and sizes in notebooks.

    Example:
        >>> pkg.ls("cats/")
        cats/1.txt
        cats/2.txt
    """

    def __init__(self, items: Iterable[PackageEntry | PackageFolder] = ()) -> None:
        super().__init__(items)

    def __repr__(self) -> str:
        return "\n".join(item.logical_key for item in self) or "(empty)"

    def _repr_html_(self) -> str:
        from unio._display import listing_html

        return listing_html(self)


def human_size(size: int) -> str:
    """``"1.5 MiB"``."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < 1024 or unit == "TiB":
            break
        amount /= 1024
    return f"{size} B" if unit == "B" else f"{amount:.1f} {unit}"
