"""The methods once more, slow and word for word, to check the fast ones against."""

from fractions import Fraction


def ballots_of(election):
    return [dict(election.ballot(at)) for at in range(election.ballots)]


def greedy(election, strength, *, threshold=None, skipping=True):
    left, funded = election.budget, []
    order = sorted(range(len(election.projects)), key=lambda p: election.projects[p].id)
    for p in sorted(order, key=lambda p: -strength[p]):
        if threshold is not None and strength[p] < threshold:
            continue
        if election.costs[p] <= left:
            funded.append(p)
            left -= election.costs[p]
        elif not skipping:
            break
    return ids(election, funded)


def ids(election, funded):
    return tuple(sorted(election.projects[p].id for p in funded))


def price(project_cost, supporters):
    """`supporters` is [(money, points)]. The lowest r with the sum of min(money, r × points) the
    cost; None if there is none."""
    if sum(money for money, _points in supporters) < project_cost:
        return None
    corners = sorted({money / points for money, points in supporters})
    below = Fraction(0)
    for corner in corners:
        paid = sum(min(money, corner * points) for money, points in supporters)
        if paid >= project_cost:
            before = sum(min(money, below * points) for money, points in supporters)
            return below + (project_cost - before) * (corner - below) / (paid - before)
        below = corner
    raise AssertionError("not reached")


def equal_shares(election, share, value):
    ballots = ballots_of(election)
    money = [Fraction(share)] * len(ballots)
    ticks = election.kind.value == "approval"

    def utility(voter, p):
        points = ballots[voter].get(p, 0)
        if points <= 0:
            return 0
        return (election.costs[p] if value == "cost" else 1) if ticks else points

    rest = sorted(range(len(election.projects)), key=lambda p: election.projects[p].id)
    wanted = [p for p in rest if any(utility(v, p) for v in range(len(ballots)))]
    funded = [p for p in rest if election.costs[p] == 0 and any(b.get(p, 0) > 0 for b in ballots)]
    wanted = [p for p in wanted if election.costs[p] > 0]
    while True:
        best = None
        for p in wanted:
            who = [(v, utility(v, p)) for v in range(len(ballots)) if utility(v, p)]
            r = price(election.costs[p], [(money[v], u) for v, u in who])
            if r is not None and (best is None or r < best[0]):
                best = r, p, who
        if best is None:
            return funded
        r, p, who = best
        for v, u in who:
            money[v] -= min(money[v], r * u)
        funded.append(p)
        wanted.remove(p)


def equal_shares_raised(election, value):
    """One unit more each time until it overspends; the last that didn't."""
    share = Fraction(election.budget, election.ballots)
    last = equal_shares(election, share, value)
    for raised in range(1, 400):
        more = equal_shares(election, share + raised * election.unit, value)
        if sum(election.costs[p] for p in more) > election.budget:
            break
        last = more
    return last


def phragmen(election):
    ballots = ballots_of(election)
    load = [Fraction(0)] * len(ballots)
    rest = sorted(range(len(election.projects)), key=lambda p: election.projects[p].id)
    rest = [p for p in rest if election.costs[p] <= election.budget]
    left, funded = election.budget, []
    never = Fraction(10) ** 30
    while rest:
        after = {}
        for p in rest:
            who = [v for v, ballot in enumerate(ballots) if p in ballot]
            total = sum(load[v] for v in who) + election.costs[p]
            after[p] = total / len(who) if who else never
        lowest = min(after.values())
        tied = [p for p in rest if after[p] == lowest]
        if any(election.costs[p] > left for p in tied):
            break
        p = tied[0]
        for v, ballot in enumerate(ballots):
            if p in ballot:
                load[v] = lowest
        funded.append(p)
        left -= election.costs[p]
        rest.remove(p)
    return ids(election, funded)
