"""Pushes a folder as a package into a bucket with quilt3, or installs a package from there.

quilt3_s3.py push FOLDER REGISTRY NAME [--dedupe]    prints the top hash, or that there was nothing to push
quilt3_s3.py install NAME REGISTRY FOLDER
"""

import sys

import quilt3

command, *words = sys.argv[1:]
if command == "push":
    folder, registry, name, *options = words
    package = quilt3.Package().set_dir("/", folder)
    pushed = package.push(name, registry=registry, force=True, dedupe="--dedupe" in options)
    print("nothing to push" if pushed is package else pushed.top_hash)
else:
    name, registry, folder = words
    quilt3.Package.install(name, registry=registry, dest=folder)
