"""Places: positions in the order in which branches would run one after another.

Branches run at the same time, yet what can be seen of them must be as if the topmost had run first. Every arrival and
every run has a place in that order. A run's first child takes over its place, further children get places right
behind it, so the number of places grows with the forks and not with the steps. Merges that go on without all their
inputs run "late", after everything that led to them: each level of lateness is an order of its own.

The labels are a list order maintained by relabelling (Dietz and Sleator, "Two algorithms for maintaining order in a
list", 1987, in its simplest form).
"""

from __future__ import annotations

_GAP = 1 << 40


class Place:
    """A position in the order. Compare with ``<``; places of a higher level come after all of a lower one."""

    __slots__ = ("active", "following", "key", "label", "level", "previous")

    def __init__(self, level: int, label: int) -> None:
        self.level = level
        self.label = label
        self.following: Place | None = None
        self.previous: Place | None = None
        self.key: tuple[Moment, ...] = ()
        """For the head of a late run: what it is ordered by among the late runs of its level."""
        self.active = 0
        """Arrivals and runs at this place that are not done."""

    def __lt__(self, other: Place) -> bool:
        if self.level != other.level:
            return self.level < other.level
        return self.label < other.label


Moment = tuple[Place, int, int]
"""When a batch arrived: the place and sequence of the run that sent it, and which of what it sent it was."""


class Places:
    """All places of an execution."""

    def __init__(self) -> None:
        self.first = Place(0, 0)
        self._heads: list[Place] = [self.first]
        self._front = self.first

    def entered(self, place: Place) -> None:
        """Something became active at a place."""
        if place < self._front:
            self._front = place

    def first_active(self) -> Place:
        """The first place with anything active; the last place of all when there is none."""
        place = self._front
        while not place.active:
            following = place.following
            if following is None:
                if place.level + 1 == len(self._heads):
                    break
                following = self._heads[place.level + 1]
            place = following
        self._front = place
        return place

    def after(self, place: Place) -> Place:
        """A new place right behind another."""
        following = place.following
        if following is None:
            new = Place(place.level, place.label + _GAP)
        else:
            label = (place.label + following.label) // 2
            if label == place.label:
                self._relabel(place.level)
                label = (place.label + following.label) // 2
            new = Place(place.level, label)
            new.following = following
            following.previous = new
        new.previous = place
        place.following = new
        return new

    def late(self, since: Moment) -> Place:
        """A new place in the level after that of a moment, ordered among the late ones there by their moments."""
        return self._late(since[0].level + 1, (since,))

    def late_after(self, last: Place, since: Moment) -> Place:
        """A new late place behind the last of the late ones that lead to it.

        It stands behind those of them that it would have come before, one after another, and is ordered by its moment
        among what else stands behind them. A key tells what its place stands behind, so the last one tells them all,
        and the place is the same whether it is asked for before they ran or after.
        """
        length = next((n for n in range(1, len(last.key)) if last.key[n] < since), len(last.key))
        return self._late(last.level, (*last.key[:length], since))

    def _late(self, level: int, key: tuple[Moment, ...]) -> Place:
        if len(self._heads) == level:
            new = Place(level, 0)
            self._heads.append(new)
        else:
            new = self._insert_late(level, key)
        new.key = key
        return new

    def _insert_late(self, level: int, key: tuple[Moment, ...]) -> Place:
        behind: Place | None = None
        place: Place | None = self._heads[level]
        while place is not None:
            if place.key and key < place.key:
                break
            behind = place
            place = place.following
        if behind is not None:
            return self.after(behind)
        head = self._heads[level]
        new = Place(level, head.label - _GAP)
        new.following = head
        head.previous = new
        self._heads[level] = new
        return new

    def _relabel(self, level: int) -> None:
        label = 0
        place: Place | None = self._heads[level]
        while place is not None:
            place.label = label
            label += _GAP
            place = place.following
