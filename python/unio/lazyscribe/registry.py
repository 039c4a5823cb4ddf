"""Projects under names, so that experiments can depend on those of other places."""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unio.lazyscribe.project import Project


@dataclass
class Registry:
    """Projects by name."""

    projects: dict[str, Project] = field(default_factory=dict)

    def add_project(self, name: str, project: Project) -> None:
        """Makes the project known under this name."""
        self.projects[name] = project

    def search(self, fpath: str | PathLike[str]) -> str | None:
        """The name of the project whose file this is."""
        for name, project in self.projects.items():
            if str(project.fpath) == str(fpath):
                return name
        return None

    def __getitem__(self, name: str) -> Project:
        try:
            return self.projects[name]
        except KeyError:
            raise KeyError(f"No project with the name '{name}' in the registry") from None

    def __contains__(self, name: str) -> bool:
        return name in self.projects


registry = Registry()
