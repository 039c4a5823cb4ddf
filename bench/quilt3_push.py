"""Stores a folder as a package with quilt3: hashes and copies every file, then writes the manifest.

quilt3's own `push` refuses registries that are folders, so this is what it consists of: set_dir, fetch (the copying)
and build (the hashing and the manifest).
"""

import sys
from pathlib import Path

import quilt3

source, registry, name = sys.argv[1:]
package = quilt3.Package().set_dir("/", source)
package = package.fetch(str(Path(registry) / "data"))
package.build(name, registry=Path(registry).as_uri())
