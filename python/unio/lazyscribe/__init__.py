"""lazyscribe's library on Unio's engine: named values in versions, projects, experiments, releases.

    >>> import unio.lazyscribe as lazyscribe
    >>> repository = lazyscribe.Repository("repository.json", mode="w")
    >>> repository.log_artifact(name="features", value=[0, 1, 2], handler="json")
    >>> repository.save()
    >>> lazyscribe.Repository("repository.json", mode="r").load_artifact(name="features")
    [0, 1, 2]

Names, arguments and files are those of lazyscribe 2.2; what is different is in docs/from-lazyscribe.md.
"""

from unio._native import version as __version__
from unio.lazyscribe import _alias
from unio.lazyscribe.experiment import Experiment
from unio.lazyscribe.project import Project
from unio.lazyscribe.repository import Repository
from unio.lazyscribe.test import Test

_alias.install()

__all__ = ["Experiment", "Project", "Repository", "Test", "__version__"]
