"""What people say of an artifact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from unio import _errors, _native


@dataclass
class Labels:
    """What to find an artifact by, besides all that is recorded by itself; all of it optional.

    Example:
        >>> import unio
        >>> unio.Labels(ticket="AB-123", infos={"stratification": "new special method"})
        Labels(datatype='', ticket='AB-123', project='', dataset='', description='', infos={'stratification': 'new special method'})
    """  # noqa: E501

    datatype: str = ""
    ticket: str = ""
    project: str = ""
    dataset: str = ""
    description: str = ""
    infos: Mapping[str, Any] = field(default_factory=dict)
    """Anything else, by names of your own. What is no text is kept as JSON."""


#: The labels that are one text each.
TEXTS = tuple(each.name for each in fields(Labels) if each.name != "infos")


def labels_of(labels: Labels | Mapping[str, Any] | None) -> Labels:
    """Labels as a caller gives them.

    Raises:
        InvalidArgumentError: a name that is no label.
    """
    if labels is None:
        return Labels()
    if isinstance(labels, Labels):
        return labels
    unknown = sorted(set(labels) - {*TEXTS, "infos"})
    if unknown:
        raise _errors.InvalidArgumentError(
            f"'{unknown[0]}' is no label; there are {', '.join(TEXTS)} and infos", "infos= takes names of your own"
        )
    return Labels(**labels)


def texts_of(labels: Labels) -> list[tuple[str, str]]:
    return [(name, label_text(name, getattr(labels, name))) for name in TEXTS]


def infos_of(labels: Labels) -> list[tuple[str, str]]:
    return [(label_text("infos", name), info_text(name, value)) for name, value in labels.infos.items()]


def label_text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _errors.InvalidArgumentError(f"'{name}' takes text, not {value!r}")


def info_text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise _errors.InvalidArgumentError(f"'{name}' in infos is neither text nor JSON: {error}") from error


def described(
    labels: Labels, surroundings: _native.Surroundings, based_on: list[str], run_id: str
) -> _native.Described:
    """A new artifact, as the engine wants it described."""
    return _native.Described(
        surroundings=surroundings,
        labels=texts_of(labels),
        infos=infos_of(labels),
        based_on=based_on,
        run_id=run_id,
    )
