"""A package that is being made."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any, overload

from unio import _display, _engine, _native
from unio._errors import PreconditionError, warn
from unio._messages import progress, say
from unio._package import Package
from unio._parents import Parent, parent_ids
from unio._surroundings import surroundings

_NAMED_AT_MOST = 5

PathLike = str | os.PathLike[str]


class PackageBuilder:
    """A package in the making: what it will hold and where that is now. Nothing is read or copied until it is built.

    All methods that change it return it, so that calls can be chained.

    It is for one thread at a time. It pickles, without the local files that it points at.

    Example:
        >>> builder = PackageBuilder("team/pets").add("README.md", "photos/README.md").add("cats/", "photos/cats/")
        >>> pkg = builder.push_data_and_manifest(tag="v1", message="the first")
        >>> pkg.ls()
        README.md
        cats/

    Args:
        name: a reference without a hash, ``"bucket/dataset"``; with a tag, as in ``"bucket/dataset:v0"``, publishing
            sets that one where it is given no other.
        registry: where it will be published: a folder, a URL or the name of a remote. Default: as the command finds it
            (``UNIO_REGISTRY``, the configuration, the local registry).

    Raises:
        ValueError: `name` is no reference, or has a hash.
    """

    def __init__(self, name: str, *, registry: PathLike | None = None) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name of a package is a str, not {type(name).__name__}")
        place = None if registry is None else os.fspath(registry)
        self._native = _native.Builder(_engine.current(), name, place)
        self._tag: str | None = self._native.describe()["display"].partition(":")[2] or None

    @classmethod
    def _of(cls, native: _native.Builder, tag: str | None = None) -> PackageBuilder:
        builder = cls.__new__(cls)
        builder._native = native
        builder._tag = tag
        return builder

    # What it is.

    @property
    def name(self) -> str:
        """The name without tag: ``"team/photos"``."""
        return str(self._native.describe()["name"])

    @property
    def registry(self) -> str:
        """The URL of the registry that it will be published in."""
        return str(self._native.describe()["registry"])

    @property
    def hash(self) -> str | None:
        """The top hash of the manifest; None as long as it is not built, or was changed since."""
        top_hash: str | None = self._native.describe()["top_hash"]
        return top_hash

    @property
    def top_hash(self) -> str | None:
        """The same as `hash`."""
        return self.hash

    # Changing it.

    @overload
    def add(self, source: PathLike | Package, /, *, overwrite: bool = False) -> PackageBuilder: ...
    @overload
    def add(self, key: str, source: PathLike | Package, /, *, overwrite: bool = False) -> PackageBuilder: ...
    def add(self, *key_and_source: Any, overwrite: bool = False) -> PackageBuilder:
        """Adds a file, a folder, what is below an ``s3://`` URL, or another package.

        ``add(source)`` or ``add(key, source)``, as on the command line. A folder's files are those that are there when
        the package is built; objects and packages are added as pointers, and nothing is copied.

        Args:
            key: the logical key, or the folder that everything goes into; ``""`` is the root. Default: a local path as
                it is written, relative to the present folder; a package's entries keep their keys.
            source: a path, a URL or a `Package`.
            overwrite: replace what stands there instead of refusing.

        Raises:
            FileNotFoundError: there is no such file.
            AlreadyExistsError: two sources for one key; the message names both.
            ValueError: a path outside the present folder, or a URL, without a key.

        Example:
            >>> builder = PackageBuilder("team/mixed").add("photos/cats/")
            >>> builder = builder.add("old/", Package("team/photos:v1"))
        """
        if not 1 <= len(key_and_source) <= 2:
            raise TypeError(f"add takes a source, or a key and a source, not {len(key_and_source)} arguments")
        source = key_and_source[-1]
        key = key_and_source[0] if len(key_and_source) == 2 else None
        if key is not None and not isinstance(key, str):
            raise TypeError(f"a logical key is a str, not {type(key).__name__}")
        if isinstance(source, Package):
            with progress() as shown:
                self._native.add_package(source._native, key or "", overwrite, shown)
            return self
        if not isinstance(source, str | os.PathLike):
            raise TypeError(f"a source is a path, a URL or a Package, not {type(source).__name__}")
        text = os.fspath(source)
        if text.startswith("s3://"):
            if key is None:
                raise ValueError(f"'{text}' needs a key: add(key, '{text}')")
            with progress() as shown:
                self._native.add_objects(text, key, overwrite, shown)
            return self
        added = self._native.add(os.path.abspath(text), _key_of(text) if key is None else key, overwrite)
        _warn_of(added["left_out"], "is left out: only files are packaged")
        _warn_of(added["secrets"], "looks like a secret; remove(key) takes it out")
        return self

    def set(self, key: str, source: PathLike, meta: Any = None) -> PackageBuilder:
        """Sets one key to a local file, whatever stood there, and its metadata when given.

        Args:
            key: the logical key.
            source: the local file, wherever it is.
            meta: the entry's metadata: anything that `json` writes.

        Raises:
            FileNotFoundError: there is no such file.

        Example:
            >>> builder = pkg.as_package_builder()
            >>> builder = builder.set("cats/1.txt", "photos/cats/2.txt", meta={"indoors": False})
        """
        self._native.set(key, os.path.abspath(os.fspath(source)), _json_or_none(meta))
        return self

    def set_meta(self, key: str, meta: Any) -> PackageBuilder:
        """Sets the metadata of an entry, of a folder (``"cats/"``) or of the package (``""``); None removes it.

        Args:
            key: the entry or folder, or ``""``.
            meta: anything that `json` writes; it replaces what was there.

        Raises:
            NotFoundError: there is no such entry or folder.

        Example:
            >>> builder = pkg.as_package_builder().set_meta("", {"license": "CC0", "contact": "ada@example.org"})
        """
        self._native.set_meta(key, json.dumps(meta))
        return self

    def remove(self, key: str) -> PackageBuilder:
        """Takes an entry, or a folder with all that is in it, out of the package. Local files stay.

        Raises:
            NotFoundError: there is no such entry or folder.

        Example:
            >>> builder = pkg.as_package_builder().remove("dogs/")
        """
        self._native.remove(key)
        return self

    def move(self, source: str, target: str, *, overwrite: bool = False) -> PackageBuilder:
        """Renames an entry or a folder. Only keys change: the data stays where it is.

        Args:
            source: the entry or folder as it is called.
            target: what it shall be called; with a slash at the end, the folder that it goes into.
            overwrite: replace what stands there instead of refusing.

        Raises:
            NotFoundError: there is no such entry or folder.
            AlreadyExistsError: something has that key, and `overwrite` is not given.

        Example:
            >>> builder = pkg.as_package_builder().move("labels.json", "cats/labels.json")
        """
        self._native.move(source, target, overwrite)
        return self

    def move_dir_contents(self, source: str, target: str, *, overwrite: bool = False) -> PackageBuilder:
        """Moves everything in one folder into another, metadata too.

        Raises:
            NotFoundError: there is no folder `source`.
            AlreadyExistsError: something in the target has the same key, and `overwrite` is not given.

        Example:
            >>> builder = pkg.as_package_builder().move_dir_contents("dogs/", "animals/")
        """
        self._native.move(_as_folder(source), _as_folder(target), overwrite)
        return self

    # Building and publishing.

    def build_manifest(self, message: str | None = None, meta: Any = None) -> PackageBuilder:
        """Hashes what is new and makes the manifest. The data stays where it is, and nobody else sees it yet.

        Args:
            message: what to say of the revision.
            meta: the package's metadata.

        Raises:
            PreconditionError: a file that belongs to it is gone; the hint says what to do.

        Example:
            >>> builder = PackageBuilder("team/pets").add("", "photos/").build_manifest()
            >>> len(builder.hash)
            64
        """
        with progress() as shown:
            built = self._native.build(message, _json_or_none(meta), shown)
        self._tell_built(built)
        return self

    def push_data(self, prefix: str | None = None, *, local_files_only: bool = False) -> PackageBuilder:
        """Puts the data into the registry and makes the entries point there.

        Args:
            prefix: readable keys, ``prefix`` and the logical key, instead of content addresses.
            local_files_only: leave what is in a bucket already where it is.

        Example:
            >>> builder = PackageBuilder("team/pets").add("", "photos/").push_data(prefix="data/pets")
        """
        with progress() as shown:
            pushed = self._native.push_data(_as_prefix(prefix), local_files_only, shown)
        _tell_pushed(pushed)
        return self

    def push_manifest(
        self,
        tag: str | None = None,
        message: str | None = None,
        meta: Any = None,
        *,
        force: bool = False,
        allow_local_files: bool = False,
        capture: str | None = None,
        based_on: Iterable[Parent] = (),
    ) -> Package:
        """Publishes the manifest, after building it where that is needed. ``latest`` moves to it, and the tag.

        Args:
            tag: a name for the revision.
            message: what to say of it.
            meta: the package's metadata.
            force: move the tag even if somebody else moved it meanwhile.
            allow_local_files: publish although entries point at files of this machine.
            capture: how much of the surroundings is recorded with the revision: ``"off"``, ``"safe"`` or ``"full"``.
                Default: git and the container image, unless capture is configured to be off.
            based_on: what it was made from besides packages that were added: artifacts, packages, ids or references.

        Raises:
            PreconditionError: entries point at local files.
            ConflictError: somebody else made or moved the tag; names both revisions.

        Example:
            >>> builder = PackageBuilder("team/pets").add("", "photos/").push_data()
            >>> pkg = builder.push_manifest(tag="v1")
        """
        tag = self._tag if tag is None else tag
        with progress() as shown:
            text = _json_or_none(meta)
            origin = self._origin(capture, based_on)
            result = self._native.push_manifest(tag, message, text, force, allow_local_files, origin, shown)
        return self._published(result, tag)

    def push_data_and_manifest(
        self,
        prefix: str | None = None,
        tag: str | None = None,
        message: str | None = None,
        meta: Any = None,
        *,
        force: bool = False,
        copy: bool = True,
        capture: str | None = None,
        based_on: Iterable[Parent] = (),
    ) -> Package:
        """Builds, pushes data and publishes in one go, reading each changed file once. `push` is another name for it.

        Args:
            prefix: as for `push_data`.
            tag: as for `push_manifest`; so are `message`, `meta`, `force`, `capture` and `based_on`.
            copy: False leaves what is in another store where it is.

        Returns:
            the package that was published; the one that is there when nothing changed.

        Raises:
            ConflictError: somebody else made or moved the tag; names both revisions.

        Example:
            >>> pkg = PackageBuilder("team/pets").add("", "photos/").push_data_and_manifest(tag="v1")
        """
        tag = self._tag if tag is None else tag
        with progress() as shown:
            text = _json_or_none(meta)
            origin = self._origin(capture, based_on)
            result = self._native.push(_as_prefix(prefix), not copy, tag, message, text, force, origin, shown)
        _tell_pushed(result)
        return self._published(result, tag)

    push = push_data_and_manifest

    def as_package(self, *, allow_local_files: bool = False, allow_local_manifest: bool = False) -> Package:
        """The package that this builder holds, to read.

        Args:
            allow_local_files: although entries point at files of this machine.
            allow_local_manifest: although nobody else can find it yet.

        Raises:
            PreconditionError: it is not built, or not published and that is not allowed.

        Example:
            >>> builder = pkg.filter(lambda entry: entry.size > 8).build_manifest()
            >>> list(builder.as_package(allow_local_manifest=True).keys())
            ['README.md', 'cats/2.txt', 'labels.json']
        """
        state = self._native.describe()
        if state["top_hash"] is None:
            raise PreconditionError("The manifest has not been built. Use build_manifest() to build it")
        problems = []
        if state["local_files"] and not allow_local_files:
            problems.append(
                "Manifest contains pointers to local files. Use push_data() to first push those files to the registry "
                "or use allow_local_files=True if this is intentional"
            )
        if not state["published"] and not allow_local_manifest:
            problems.append(
                "The manifest has not been pushed to a remote repository. Use push_manifest() to first push the "
                "manifest or use allow_local_manifest=True if this is intentional"
            )
        if problems:
            raise PreconditionError("\n".join(problems))
        return Package._of(self._native.as_package())

    def _origin(self, capture: str | None, based_on: Iterable[Parent]) -> _native.Origin:
        registry = self._native.describe()["registry"]
        return _native.Origin(surroundings(capture), parent_ids(based_on, registry))

    def _tell_built(self, built: dict[str, Any]) -> None:
        say("Building manifest...")
        say(f"Tophash: {built['top_hash']}")
        _warn_of(built["left_out"], "is left out: only files are packaged")
        _warn_of(built["removed"], "is gone from its folder and left the package")

    def _published(self, result: dict[str, Any], tag: str | None) -> Package:
        if result["built"]:
            self._tell_built(result)
        package = Package._of(result["package"])
        if not result["published"]:
            say(f"Nothing to push: {package.name} is published as {package.hash[:9]}")
            return package
        if not result["only_tagged"]:
            say(f"Pushing manifest to {result['manifest_url']}")
        if tag is not None:
            say(f"Linking {package.name}:{tag} to manifest {package.hash[:9]}")
        return package

    # Python.

    def __reduce__(self) -> tuple[Any, ...]:
        return _builder_of, (self._native.state_files(), self._tag)

    def __repr__(self) -> str:
        state = self._native.describe()
        manifest = "pre-manifest"
        if state["top_hash"] is not None:
            manifest = state["manifest_url"] if state["published"] else "local"
        fields = [("name", state["display"]), ("tophash", state["top_hash"] or "pre-manifest"), ("manifest", manifest)]
        # A published builder has no sources any more; what it holds are the entries of its package.
        holder = self._native.as_package() if state["published"] else self._native
        return _display.block("PackageBuilder", fields, holder.lines())


def _builder_of(files: dict[str, bytes], tag: str | None) -> PackageBuilder:
    return PackageBuilder._of(_native.Builder.restore(_engine.current(), files), tag)


def _json_or_none(meta: Any) -> str | None:
    """As the engine takes metadata: None leaves what is there."""
    return None if meta is None else json.dumps(meta)


def _key_of(path: str) -> str:
    """The key of a local path that came without one: as it is written, from where the user stands."""
    relative = os.path.relpath(path)
    if os.path.isabs(path) or relative == ".." or relative.startswith("../"):
        raise ValueError(f"'{path}' lies outside the present folder, so it needs a key: add(key, '{path}')")
    return "" if relative == "." else relative


def _as_folder(key: str) -> str:
    return key if not key or key.endswith("/") else key + "/"


def _as_prefix(prefix: str | None) -> str | None:
    """A prefix is a folder, with or without slashes around it: the seed writes it both ways."""
    if prefix is None:
        return None
    if not isinstance(prefix, str):
        raise TypeError(f"a prefix is a str, not {type(prefix).__name__}")
    plain = prefix.strip("/")
    return plain + "/" if plain else ""


def _warn_of(names: list[str], why: str) -> None:
    for name in names[:_NAMED_AT_MOST]:
        warn(f"'{_display.local_place(name)}' {why}")
    if len(names) > _NAMED_AT_MOST:
        warn(f"{len(names) - _NAMED_AT_MOST} more: each {why}")


def _tell_pushed(pushed: dict[str, Any]) -> None:
    for action, source, target, is_folder, files, _, already_there in pushed["groups"]:
        verb = "Pushing" if action == "pushed" else "Copying"
        there = " (data exists, skipping)" if files == already_there else ""
        say(f"{verb} {_display.local_place(source)} to {target}{'...' if is_folder else ''}{there}")
    _warn_of(pushed["displaced"], "has other data under the prefix; its own went to a content-addressed object")
    _warn_of(pushed["secrets"], "looks like a secret; remove(key) takes it out")
