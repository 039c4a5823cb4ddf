"""Unio: version control and a catalogue for data, on storage that you already own."""

from unio._native import version as __version__

__all__ = ["__version__"]
