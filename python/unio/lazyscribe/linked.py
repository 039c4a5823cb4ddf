"""Linked lists that merge sorted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Node:
    """A link of the chain."""

    data: Any = None
    next: Node | None = None

    def to_list(self) -> list[Any]:
        """The data from here on."""
        values, node = [], self
        while node.next:
            values.append(node.data)
            node = node.next
        return [*values, node.data]


@dataclass
class LinkedList:
    """A chain by its first link."""

    head: Node | None = None

    def append(self, data: Any) -> None:
        """Adds a link at the end."""
        new = Node(data)
        if self.head is None:
            self.head = new
            return
        node = self.head
        while node.next:
            node = node.next
        node.next = new

    @staticmethod
    def from_list(data: list[Any]) -> LinkedList:
        """The chain of these values, sorted."""
        head: Node | None = None
        for value in sorted(data, reverse=True):
            head = Node(value, head)
        return LinkedList(head)


def merge(list1: Node | None, list2: Node | None) -> Node | None:
    """Merges two sorted chains into one; of equal values those of the second come first."""
    start = last = Node()
    while list1 and list2:
        if list1.data < list2.data:
            last.next, list1 = list1, list1.next
        else:
            last.next, list2 = list2, list2.next
        last = last.next
    last.next = list1 or list2
    return start.next
