"""Which worker is to read which account: as even as the keys that each worker has allow."""

from collections import Counter, deque
from collections.abc import Collection, Mapping


def shares(able: Mapping[str, Collection[str]], held: Mapping[str, str | None]) -> dict[str, str]:
    """The reader of each account that anybody can read.

    Every worker that asks with the same arguments gets the same answer, so that they need not agree. Nothing
    moves without need: an account changes hands only where that evens out two workers who are two or more
    accounts apart, directly or in a chain of hands.

    Args:
        able: the living workers, and the accounts whose key each of them has.
        held: every account, and who reads it now (None, or a worker that is not living: nobody).
    """
    plan = {account: owner for account, owner in held.items() if owner and account in able.get(owner, ())}
    for account in sorted(held.keys() - plan.keys()):
        if readers := [worker for worker in able if account in able[worker]]:
            load = Counter(plan.values())
            plan[account] = min(readers, key=lambda worker: (load[worker], worker))
    while moves := _moves(able, plan):
        plan |= moves
    return plan


def _moves(able: Mapping[str, Collection[str]], plan: Mapping[str, str]) -> dict[str, str]:
    """Accounts and their next readers, so that one worker has one less and another one more; none: it is even."""
    load = Counter(plan.values())
    for giver in sorted(able, key=lambda worker: (-load[worker], worker)):
        for taker, moves in _reached(able, plan, giver).items():
            if load[giver] - load[taker] >= 2:
                return moves
    return {}


def _reached(
    able: Mapping[str, Collection[str]], plan: Mapping[str, str], giver: str
) -> dict[str, dict[str, str]]:
    """The workers to whom an account of `giver` can go, and how: the nearest first, each hand passing one on."""
    ways: dict[str, dict[str, str]] = {giver: {}}
    queue = deque([giver])
    while queue:
        worker = queue.popleft()
        for account in sorted(account for account, reader in plan.items() if reader == worker):
            for other in sorted(able):
                if other not in ways and account in able[other]:
                    ways[other] = ways[worker] | {account: other}
                    queue.append(other)
    del ways[giver]
    return ways
