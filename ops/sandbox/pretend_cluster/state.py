"""What exists in the pretend clusters, and the journal of how it came and went. Kept in two files, for all to read."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

_STATE, _JOURNAL = "cluster.json", "journal.jsonl"


class RefusedError(Exception):
    """What a real program or a real API server would refuse, and what the stand-ins do not know."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """An object or a release."""

    kind: str
    group: str
    namespace: str
    name: str

    @property
    def label(self) -> str:
        """How a person would name it."""
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the journal."""

    cluster: str
    action: str
    """``created``, ``configured``, ``deleted``, or ``problem``."""
    what: str
    detail: str = ""
    time: float = field(default_factory=time.time)


@dataclass(kw_only=True)
class Cluster:
    """A pretend cluster."""

    name: str
    things: list[Thing] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    """What is not yet in the journal."""

    def find(self, kind: str, name: str) -> Thing | None:
        """A thing by kind and name."""
        return next((thing for thing in self.things if (thing.kind, thing.name) == (kind, name)), None)

    def put(self, thing: Thing, detail: str = "") -> str:
        """Create a thing, or configure it where it is there. Gives what was done."""
        done = "configured" if thing in self.things else "created"
        if done == "created":
            self.things.append(thing)
        self.note(done, thing.label, detail)
        return done

    def remove(self, thing: Thing) -> None:
        """Delete a thing. Raises RefusedError where it is not there."""
        if thing not in self.things:
            raise RefusedError(f"Error from server (NotFound): {thing.label} not found")
        self.things.remove(thing)
        self.note("deleted", thing.label)

    def note(self, action: str, what: str, detail: str = "") -> None:
        """Write a line into the journal."""
        self.entries.append(Entry(cluster=self.name, action=action, what=what, detail=detail))


class Clusters:
    """All pretend clusters of a sandbox."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clusters: dict[str, Cluster] = {}
        self._lock = threading.Lock()

    @contextmanager
    def held(self, name: str) -> Iterator[Cluster]:
        """A cluster, for this thread alone. What is changed and noted is kept, even after an error."""
        with self._lock:
            cluster = self._clusters.setdefault(name, Cluster(name=name))
            try:
                yield cluster
            finally:
                self._keep(cluster)

    def _keep(self, cluster: Cluster) -> None:
        with (self._folder / _JOURNAL).open("a", encoding="utf-8") as journal:
            journal.writelines(json.dumps(asdict(entry)) + "\n" for entry in cluster.entries)
        cluster.entries.clear()
        state = {one.name: [asdict(thing) for thing in one.things] for one in self._clusters.values() if one.things}
        (self._folder / _STATE).write_text(json.dumps(state, indent=1), encoding="utf-8")


def journal(folder: Path) -> list[Entry]:
    """The journal, from its beginning."""
    file = folder / _JOURNAL
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [Entry(**json.loads(line)) for line in lines]


def everything(folder: Path) -> dict[str, list[Thing]]:
    """What exists, by cluster."""
    file = folder / _STATE
    clusters = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {cluster: [Thing(**thing) for thing in things] for cluster, things in clusters.items()}
