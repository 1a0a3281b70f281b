"""What a schema says of places in a resource's properties, top-level or nested: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

Pointer = tuple[str, ...]

EVERY = "*"
HERE: Pointer = ()
MEMBERS_KEPT = 4096  # a transaction writes a few types, and each property of many rows


@dataclass(frozen=True, slots=True)
class Marks:
    """What is said of a place and of those below it, each as pointers from there.

    ``*`` is any index of an array or key of a map; the empty pointer is the place itself, and
    whatever is in it. ``create_only`` is also what identifies the resource. ``unordered`` are
    arrays, without what is in them.
    """

    read_only: frozenset[Pointer] = frozenset()
    create_only: frozenset[Pointer] = frozenset()
    write_only: frozenset[Pointer] = frozenset()
    unordered: frozenset[Pointer] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.read_only or self.create_only or self.write_only or self.unordered)

    @property
    def is_read_only(self) -> bool:
        """Whether AWS sets what is here."""
        return HERE in self.read_only

    @property
    def is_create_only(self) -> bool:
        """Whether what is here stays as it was created."""
        return HERE in self.create_only

    @property
    def is_write_only(self) -> bool:
        """Whether AWS never tells what is here."""
        return HERE in self.write_only

    @property
    def is_unordered(self) -> bool:
        """Whether the order of the array that is here means nothing."""
        return HERE in self.unordered

    def member(self, name: str) -> Marks:
        """What is said of an object's member, or of a map's value."""
        return _member(self, name) if self else self

    def item(self) -> Marks:
        """What is said of each element of an array."""
        if not self:
            return self
        return Marks(
            read_only=_inside(self.read_only),
            create_only=_inside(self.create_only),
            write_only=_inside(self.write_only),
            unordered=frozenset(each[1:] for each in self.unordered if each[:1] == (EVERY,)),
        )


def marks(
    read_only: Iterable[str],
    create_only: Iterable[str],
    write_only: Iterable[str],
    unordered: Iterable[str],
) -> Marks:
    """Marks of pointers that are written ``A/*/B``."""
    every = (read_only, create_only, write_only, unordered)
    return Marks(*(frozenset(tuple(each.split("/")) for each in written) for written in every))


@lru_cache(MEMBERS_KEPT)
def _member(marks: Marks, name: str) -> Marks:
    steps = ((name,), (EVERY,))

    def below(pointers: frozenset[Pointer], *, whole: bool = True) -> frozenset[Pointer]:
        """``whole``: what is said of a place is said of all that is in it."""
        return frozenset(
            each[1:] for each in pointers if each[:1] in steps or (whole and each == HERE)
        )

    return Marks(
        read_only=below(marks.read_only),
        create_only=below(marks.create_only),
        write_only=below(marks.write_only),
        unordered=below(marks.unordered, whole=False),
    )


def _inside(pointers: frozenset[Pointer]) -> frozenset[Pointer]:
    """Some schemas leave out the ``*`` of an array."""
    return frozenset(each[1:] if each[:1] == (EVERY,) else each for each in pointers)
