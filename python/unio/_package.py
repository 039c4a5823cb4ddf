"""A published revision of a package, to read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from unio import _display, _engine, _folders, _native, readers
from unio._entries import Listing, PackageEntry, PackageFolder
from unio._messages import progress

if TYPE_CHECKING:
    from unio._builder import PackageBuilder

#: Keys that iteration asks the engine for at a time.
_KEYS_AT_ONCE = 4096

_CHANGES = {
    "add": "as_package_builder().add(…)",
    "set": "as_package_builder().set(…)",
    "set_meta": "as_package_builder().set_meta(…)",
    "remove": "as_package_builder().remove(…)",
    "move": "as_package_builder().move(…)",
    "move_dir_contents": "as_package_builder().move_dir_contents(…)",
    "push": "as_package_builder(), change it, and push_data_and_manifest()",
    "push_data": "as_package_builder(), change it, and push_data()",
    "push_data_and_manifest": "as_package_builder(), change it, and push_data_and_manifest()",
    "push_manifest": "as_package_builder(), change it, and push_manifest()",
    "build_manifest": "as_package_builder(), change it, and build_manifest()",
}


class Package:
    """A revision of a package. It never changes, and stays what it is when the tag it was opened by moves on.

    Opening one asks for its revision only; the manifest is read when something of it is needed, and of a large package
    in a bucket only the parts in question.

    It may be used by many threads at once, and pickles. Two are equal when registry, name and top hash are.

    Example:
        >>> pkg = Package("team/photos:v1")
        >>> for entry in pkg:
        ...     print(entry.logical_key, entry.size)
        README.md 9
        cats/1.txt 7
        cats/2.txt 9
        dogs/1.txt 7
        labels.json 23
        >>> pkg.get("labels.json")
        {'cats/1.txt': 'tabby'}

    Args:
        name: a reference, ``name[:tag|@hash]``; with neither, the newest revision. Also the explicit forms
            ``s3://bucket#package=ns/name@hash`` and ``file:///folder#package=ns/name``.
        tag: the tag, instead of in the reference.
        hash: the top hash or at least 6 digits of it, instead of in the reference.
        registry: where to look: a folder, a URL or the name of a remote. Default: as the command finds it
            (``UNIO_REGISTRY``, the configuration, the local registry).

    Raises:
        ValueError: `name` is no reference, or both `tag` and `hash` are given.
        NotFoundError: no such package or revision; the hint names near ones.
    """

    def __init__(
        self,
        name: str,
        tag: str | None = None,
        hash: str | None = None,
        *,
        registry: str | os.PathLike[str] | None = None,
    ) -> None:
        for what, text in (("the name of a package", name), ("a tag", tag or ""), ("a top hash", hash or "")):
            if not isinstance(text, str):
                raise TypeError(f"{what} is a str, not {type(text).__name__}")
        if tag is not None and hash is not None:
            raise ValueError("a revision is named by its tag or by its hash, not by both")
        reference = name + (f":{tag}" if tag is not None else f"@{hash}" if hash is not None else "")
        place = None if registry is None else os.fspath(registry)
        self._native = _native.Package(_engine.current(), reference, place)

    @classmethod
    def _of(cls, native: _native.Package) -> Package:
        package = cls.__new__(cls)
        package._native = native
        return package

    # What it is.

    @property
    def name(self) -> str:
        """The name without tag and hash: ``"team/photos"``."""
        return self._native.name

    @property
    def tag(self) -> str | None:
        """The tag that it was opened by, if any."""
        return self._native.tag

    @property
    def hash(self) -> str:
        """The top hash, 64 hex digits, as Quilt computes it.

        Made from the keys, sizes, digests and metadata of the entries and from the package's metadata and message: the
        same for the same content everywhere. Where the bytes are, and the metadata of folders, have no part in it.
        """
        return self._native.top_hash

    @property
    def top_hash(self) -> str:
        """The same as `hash`."""
        return self.hash

    @property
    def registry(self) -> str:
        """The URL of the registry that it is in."""
        return self._native.registry

    @property
    def manifest(self) -> str:
        """The URL of its manifest."""
        return self._native.manifest_url

    @property
    def message(self) -> str | None:
        """What its author said of the revision; None when that was nothing."""
        return self._native.part([]).message()

    @property
    def metadata(self) -> Any:
        """The package's own metadata, usually a dict; an empty dict when there is none.

        Example:
            >>> pkg.metadata
            {'license': 'CC0'}
        """
        return json.loads(self._native.part([]).user_meta()) or {}

    @property
    def size(self) -> int:
        """The bytes of all entries together."""
        return self._whole().total_bytes

    def __len__(self) -> int:
        """How many entries it has, in all folders."""
        return len(self._whole())

    def __iter__(self) -> Iterator[PackageEntry]:
        """All entries, folder by folder, in the order of their keys."""
        manifest = self._whole()
        for first in range(0, len(manifest), _KEYS_AT_ONCE):
            for index, key in enumerate(manifest.keys(first, first + _KEYS_AT_ONCE), first):
                yield PackageEntry(self, manifest, index, key)

    def keys(self) -> Iterator[str]:
        """The logical keys of all entries, folder by folder: faster than the entries themselves.

        Example:
            >>> [key for key in pkg.keys() if key.startswith("cats/")]
            ['cats/1.txt', 'cats/2.txt']
        """
        manifest = self._whole()
        for first in range(0, len(manifest), _KEYS_AT_ONCE):
            yield from manifest.keys(first, first + _KEYS_AT_ONCE)

    def __contains__(self, logical_key: object) -> bool:
        """Whether there is an entry with this key; a folder is none."""
        if not isinstance(logical_key, str):
            return False
        return self._native.part([logical_key]).find(logical_key) is not None

    def ls(self, folder: str = "") -> Listing:
        """What is directly in a folder: entries, and folders with the sum of what they hold.

        Args:
            folder: its key, with or without a slash at the end; the root by default.

        Raises:
            NotFoundError: there is no such folder.

        Example:
            >>> pkg.ls()
            README.md
            cats/
            dogs/
            labels.json
            >>> [item.logical_key for item in pkg.ls("cats/") if item.is_file()]
            ['cats/1.txt', 'cats/2.txt']
        """
        items: list[PackageEntry | PackageFolder] = []
        for key, is_folder, size, entries in self._native.list(folder, False):
            items.append(PackageFolder(self, key, size, entries) if is_folder else self.get_entry(key))
        return Listing(items)

    def readme(self) -> Text:
        """The README at the root. Shows itself as text, and rendered in notebooks.

        Raises:
            NotFoundError: the package has none.

        Example:
            >>> print(pkg.readme(), end="")
            # Photos
        """
        key = self._native.readme_key()
        return Text(self.get_bytes(key if key is not None else "README.md").decode(errors="replace"))

    # Reading entries.

    def get_entry(self, logical_key: str) -> PackageEntry:
        """One entry. Of a large package in a bucket only a part of the manifest is read for it.

        ``pkg["cats/1.txt"]`` is the same.

        Raises:
            NotFoundError: there is no such entry; the hint names a near one.

        Example:
            >>> pkg.get_entry("cats/1.txt")
            PackageEntry('cats/1.txt', 7 B)
        """
        manifest, index = self._native.find_entry(logical_key)
        return PackageEntry(self, manifest, index, logical_key)

    def __getitem__(self, logical_key: str) -> PackageEntry:
        """The same as `get_entry`."""
        return self.get_entry(logical_key)

    def get_bytes(self, logical_key: str) -> bytes:
        """The content of an entry, checked against its digest; see `PackageEntry.get_bytes`.

        Raises:
            NotFoundError: there is no such entry, or its object is gone.
            CorruptionError: the bytes are not those that were published.
        """
        return self.get_entry(logical_key).get_bytes()

    def get(self, logical_key: str, *, reader: readers.Reader | None = None) -> Any:
        """The natural object for an entry, by its file ending.

        JSON as Python objects, text as `str`, CSV, Parquet and Arrow as pandas frames, NumPy arrays, images as PIL;
        bytes where the type is unknown or its library is not installed. `unio.readers` says more and takes readers of
        yours.

        Args:
            logical_key: the entry.
            reader: the reader to use instead of the one for the ending. Pickles need theirs to be named:
                ``reader=unio.readers.read_pickle``.

        Raises:
            NotFoundError: there is no such entry, or its object is gone.
            CorruptionError: the bytes are not those that were published.
            Exception: whatever the reader raises for content that it cannot read.

        Example:
            >>> pkg.get("labels.json")
            {'cats/1.txt': 'tabby'}
            >>> pkg.get("labels.json", reader=len)
            23
        """
        return readers.read(logical_key, self.get_bytes(logical_key), reader)

    def get_contents(self, logical_key: str) -> str | bytes:
        """The content as text where it is UTF-8, else as bytes, whatever the ending of the key is.

        Example:
            >>> pkg.get_contents("cats/1.txt")
            'a tabby'
        """
        return self.get_entry(logical_key).get_contents()

    def get_metadata(self, logical_key: str) -> Any:
        """The user's metadata of an entry, of a folder (``"cats/"``) or of the package (``""``).

        An empty dict when there is none.

        Raises:
            NotFoundError: there is no such entry or folder.

        Example:
            >>> pkg.get_metadata("cats/1.txt")
            {'indoors': True}
        """
        if not isinstance(logical_key, str):
            raise TypeError(f"a logical key is a str, not {type(logical_key).__name__}")
        if logical_key in ("", "/", "."):
            return self.metadata
        if not logical_key.endswith("/"):
            return self.get_entry(logical_key).metadata
        meta = self._native.part([]).folder_meta().get(logical_key)
        if meta is None:
            self._native.list(logical_key, False)  # says so when there is no such folder
            return {}
        return json.loads(meta)  # of folders quilt3 writes the user's metadata as it is

    def get_many(self, logical_keys: Iterable[str | PackageEntry]) -> list[bytes]:
        """The contents of many entries, asked for together: much faster than one by one from a bucket.

        Returns:
            their bytes, in the order of the keys; all of them are in memory at once.

        Raises:
            NotFoundError: one of the entries, or its object, is not there.
            CorruptionError: the bytes of one are not those that were published.

        Example:
            >>> pkg.get_many(["cats/1.txt", "dogs/1.txt"])
            [b'a tabby', b'a boxer']
        """
        keys = [key.logical_key if isinstance(key, PackageEntry) else key for key in logical_keys]
        manifest = self._whole()
        indexes = []
        for key in keys:
            index = manifest.find(key)
            indexes.append(self._native.find_entry(key)[1] if index is None else index)
        with progress() as shown:
            return self._native.read_many(manifest, indexes, shown)

    # Folders on this machine.

    def download(
        self,
        location: str | os.PathLike[str],
        paths: Iterable[str] | str = (),
        *,
        force: bool = False,
    ) -> None:
        """Puts the package into a folder and binds the folder to it, as ``unio install`` does.

        Only what differs is fetched. A file appears only when it is whole and right. Files that were changed there, or
        that stand in the way and are unknown, stay, with a `UnioWarning`; so do files of an older version that this one
        dropped. `verify_directory_matches_manifest` tells them all.

        Args:
            location: the folder; made when it is not there.
            paths: only these entries and folders.
            force: replace changed and unknown files that are in the way.

        Raises:
            NotFoundError: the package has none of that name in `paths`.
            AlreadyExistsError: the folder is bound to another package.

        Example:
            >>> pkg.download("copy")
            >>> pkg.download("only-cats", "cats/")
        """
        _folders.download(self._native, os.fspath(location), [paths] if isinstance(paths, str) else list(paths), force)

    def verify_directory_matches_manifest(self, location: str | os.PathLike[str]) -> _folders.VerifyResult:
        """Whether a folder holds exactly the files of this package; reads and hashes every one.

        Returns:
            something that is true or false, and prints as that. When false, the reasons have been printed and are in
            its `differences`.

        Example:
            >>> pkg.download("copy")
            >>> pkg.verify_directory_matches_manifest("copy")
            True
        """
        return _folders.verify(self._native, os.fspath(location))

    def force_directory_to_match_manifest(
        self, location: str | os.PathLike[str], *, dry_run: bool = False
    ) -> _folders.MatchResult:
        """Makes a folder hold exactly the files of this package. What is in the way goes to ``.unio/trash/`` in it.

        Args:
            location: the folder.
            dry_run: only tell what would be done.

        Returns:
            the changes, which have been printed, and the folder that has what was taken away.

        Example:
            >>> pkg.download("copy")
            >>> _ = open("copy/note.txt", "w").write("remember")
            >>> pkg.force_directory_to_match_manifest("copy").changes[0].kind
            'removed'
        """
        return _folders.match(self._native, os.fspath(location), dry_run)

    # The cache.

    def cache(self, logical_key: str = "") -> None:
        """Fetches an entry, a folder (``"cats/"``) or everything into the cache, where it stays until `clear_cache`.

        What is read from a bucket comes into the cache by itself, but goes again when space is needed.

        Args:
            logical_key: the entry or folder; everything by default.

        Raises:
            NotFoundError: there is no such entry or folder.

        Example:
            >>> pkg.cache("labels.json")
        """
        with progress() as shown:
            self._native.keep(logical_key, shown)

    def clear_cache(self) -> None:
        """Drops from the cache what only this package uses, and lets go what `cache` kept."""
        self._native.clear_cache()

    # What is made of it.

    def as_package_builder(self, *, name: str | None = None) -> PackageBuilder:
        """A builder that begins with all entries of this package, as pointers to where their bytes are.

        Args:
            name: of the package that it will be, in the same registry. Default: a new revision of this one.

        Example:
            >>> builder = pkg.as_package_builder().set_meta("dogs/", {"checked": True})
            >>> better = builder.push_data_and_manifest(tag="v2", message="the dogs are checked")
        """
        return self._builder_of(None, name)

    def _builder_of(self, indexes: list[int] | None, name: str | None) -> PackageBuilder:
        from unio._builder import PackageBuilder

        native = _native.Builder.from_package(self._native, self._whole(), indexes, name)
        return PackageBuilder._of(native, None if name is None else name.partition(":")[2] or None)

    def filter(self, keep: Callable[[PackageEntry], object], *, name: str | None = None) -> PackageBuilder:
        """A builder of pointers to the entries that `keep` is true for. No data is read or copied.

        Args:
            keep: called with each `PackageEntry`.
            name: of the package that it will be, in the same registry. Default: a new revision of this one.

        Example:
            >>> builder = pkg.filter(lambda entry: entry.metadata.get("indoors"), name="team/indoors")
        """
        return self._builder_of([entry._index for entry in self if keep(entry)], name)

    def sample(
        self,
        n: int | None = None,
        *,
        fraction: float | None = None,
        seed: int | str = 0,
        by: str | None = None,
        name: str | None = None,
    ) -> PackageBuilder:
        """A builder of pointers to some entries, chosen by chance; the same ones for the same seed, everywhere.

        Which entries are chosen depends on their keys and the seed alone, so that a sample of a later version has what
        it had before, as far as it is still there.

        Args:
            n: exactly so many (all, where there are fewer).
            fraction: about this share, in [0, 1], instead of `n`.
            seed: another one chooses others.
            by: a folder (``""`` is the root): choose only in it, and from each folder in it on its own, so that every
                class of ``train/cat/…``, ``train/dog/…`` is represented with ``by="train/"``.
            name: of the package that it will be, in the same registry. Default: a new revision of this one.

        Raises:
            ValueError: neither `n` nor `fraction`, or both, or one out of its range.
            NotFoundError: there is no folder `by`.

        Example:
            >>> builder = pkg.sample(n=1, seed=7, by="", name="team/few-photos")
        """
        if n is not None and n < 0:
            raise ValueError(f"a sample has 0 entries or more, not {n}")
        return self._builder_of(self._whole().sample(n, fraction, _seed_text(seed), by), name)

    def split(
        self, shares: Mapping[str, float], *, seed: int | str = 0, name: str | None = None
    ) -> dict[str, PackageBuilder]:
        """Divides the entries into parts, each a builder of pointers.

        Each entry's part depends on its key and the seed alone: what is added to the package later never moves an entry
        from one part to another.

        Args:
            shares: name and weight of each part, for example ``{"train": .7, "test": .3}``.
            seed: another one divides otherwise.
            name: of the packages that they will be, with ``{}`` in the place of the part's name.

        Returns:
            a builder by the name of each part.

        Raises:
            ValueError: a weight that is not more than 0.

        Example:
            >>> parts = pkg.split({"train": 0.7, "test": 0.3}, seed=1, name="team/photos-{}")
            >>> list(parts)
            ['train', 'test']
        """
        if not isinstance(shares, Mapping):
            raise TypeError(f"shares are a mapping of names to weights, not {type(shares).__name__}")
        parts = self._whole().split(list(shares.items()), _seed_text(seed))
        if name is not None and "{}" not in name:
            raise ValueError("the name of several packages needs {} where each part's name goes, as 'team/photos-{}'")
        return {
            part: self._builder_of(indexes, None if name is None else name.replace("{}", part))
            for part, indexes in zip(shares, parts, strict=True)
        }

    # Python.

    def _whole(self) -> _native.Manifest:
        with progress() as shown:
            return self._native.whole(shown)

    def __getattr__(self, attribute: str) -> Any:
        if attribute in _CHANGES:
            raise AttributeError(
                f"Package has no method {attribute}(): a package never changes; call {_CHANGES[attribute]}"
            )
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{attribute}'")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Package):
            return NotImplemented
        return (self.registry, self.name, self.hash) == (other.registry, other.name, other.hash)

    def __hash__(self) -> int:
        return hash((self.registry, self.name, self.hash))

    def __reduce__(self) -> tuple[Any, ...]:
        return _package_of, self._native.pickled()

    def __repr__(self) -> str:
        name = f"{self.name}:{self.tag}" if self.tag else self.name
        fields = [("name", name), ("tophash", self.hash), ("manifest", self.manifest)]
        return _display.block("Package", fields, self._native.lines())

    def _repr_html_(self) -> str:
        return _display.package_html(self)


def _package_of(reference: str, tag: str | None, manifest: bytes | None) -> Package:
    return Package._of(_native.Package.unpickled(_engine.current(), reference, tag, manifest))


def _seed_text(seed: int | str) -> str:
    if not isinstance(seed, int | str):
        raise TypeError(f"a seed is an int or a str, not {type(seed).__name__}")
    return str(seed)


class Text(str):
    """Text that shows itself as it is, and as Markdown in notebooks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return str(self)
