"""Who speaks in a step: ``on: all ranks except g02r0 rank 5``.

platform            the platform itself: lines without a replica
all nodes           one line for each node · ``g02r0`` one node
all ranks           one line for each rank · ``ranks of g02r0`` those of one node
rank 21             a rank of the whole job · ``g02r0 rank 5`` a rank of that node, counted from 0 there
A, B                several · ``A except B`` all of A that B does not name (``all except B``: of all ranks)
"""

import re
from dataclasses import dataclass

from bot.sandbox.baseten.script import BadScript, JobWish


@dataclass(frozen=True, slots=True)
class Target:
    """`node` None is the platform; `local_rank` None is a node as a whole."""

    node: int | None
    local_rank: int | None = None

    @property
    def replica(self) -> str | None:
        return None if self.node is None else f"g{self.node:02d}r0"

    def __str__(self) -> str:
        return f"{self.replica or 'platform'} rank {self.local_rank}"


def targets(text: str, job: JobWish) -> tuple[Target, ...]:
    """Whom `text` names, in the order of ranks; a node or rank that the job has not is an error."""
    included, _, excluded = text.partition(" except ")
    without = {target for part in excluded.split(",") if part for target in _named(part.strip(), job)}
    found = [target for part in included.split(",") for target in _named(part.strip(), job)]
    kept = tuple(target for target in found if target not in without and Target(target.node) not in without)
    if not kept:
        raise BadScript(f"{text!r} names nobody")
    return kept


def _named(text: str, job: JobWish) -> list[Target]:
    match text:
        case "platform":
            return [Target(None)]
        case "all nodes":
            return [Target(node) for node in range(job.nodes)]
        case "all" | "all ranks":
            return [target for node in range(job.nodes) for target in _ranks_of(node, job)]
    if found := _RANK.fullmatch(text):
        return [_placed(*divmod(int(found[1]), job.ranks_per_node), job)]
    if found := _NODE.fullmatch(text):
        node = int(found[2])
        if found[1]:
            return _ranks_of(_placed(node, 0, job).node or 0, job)
        return [_placed(node, int(found[3]), job) if found[3] else Target(_placed(node, 0, job).node)]
    raise BadScript(f"nobody is called {text!r} (write rank 0, g02r0, g02r0 rank 5, all ranks, platform)")


def _ranks_of(node: int, job: JobWish) -> list[Target]:
    return [Target(node, rank) for rank in range(job.ranks_per_node)]


def _placed(node: int, local_rank: int, job: JobWish) -> Target:
    if node >= job.nodes or local_rank >= job.ranks_per_node:
        raise BadScript(
            f"node {node} rank {local_rank}: the job has {job.nodes} nodes of {job.ranks_per_node} ranks"
        )
    return Target(node, local_rank)


_RANK = re.compile(r"rank (\d+)")
_NODE = re.compile(r"(ranks of )?g(\d+)r0(?: rank (\d+))?")
