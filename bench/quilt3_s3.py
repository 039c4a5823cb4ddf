"""Pushes a folder as a package into a bucket with quilt3, or installs a package from there.

quilt3_s3.py push FOLDER REGISTRY NAME [--dedupe]
quilt3_s3.py install NAME REGISTRY FOLDER
"""

import sys

import quilt3

command, *words = sys.argv[1:]
if command == "push":
    folder, registry, name, *dedupe = words
    package = quilt3.Package().set_dir("/", folder)
    package = package.push(name, registry=registry, force=True, dedupe=dedupe == ["--dedupe"])
    print(package.top_hash)
else:
    name, registry, folder = words
    quilt3.Package.install(name, registry=registry, dest=folder)
