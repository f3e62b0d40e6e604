"""Many small quasi-Poisson regressions at once: log mean = level of the group + trend in time.

The design has one column for each group and one for time, so the weighted least squares inside
each step have a closed form (a slope within groups). No matrix is solved, and a thousand series
cost little more than one. Starting values, stopping rule and floors are those of R's `glm`, so
that series of zeros stop where R stops.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TOLERANCE = 1e-8  # relative change of the deviance
MOST_STEPS = 25
TINY = float(np.finfo(np.float64).eps)


@dataclass
class Fit:
    """One regression for each row of `y`.

    `level`: rows × groups; `slope`: rows (0 without trend); `mu`: rows × points; `working`: the
    weights of the last step; `within`: the weighted sum of squares of time about its group's
    mean, of which `centre` (rows × groups) are the means.
    """

    level: Array
    slope: Array
    mu: Array
    working: Array
    prior: Array
    y: Array
    has_trend: bool
    within: Array
    centre: Array
    weight: Array
    df: Array
    converged: NDArray[np.bool_]
    group: NDArray[np.intp]
    time: Array

    def dispersion(self, weights: Array | None = None) -> Array:
        """Return Pearson's estimate of the dispersion, one for each row.

        `weights` stand in for the working weights of the last step.
        """
        used = self.working if weights is None else weights
        residual = (self.y - self.mu) / self.mu
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((used * residual**2).sum(axis=1) / self.df)

    def leverage(self) -> Array:
        """Return the hat values: rows × points."""
        with np.errstate(invalid="ignore", divide="ignore"):
            found = self.working / self.weight[:, self.group]
            if self.has_trend:
                offset = self.time - self.centre[:, self.group]
                found = found + self.working * offset**2 / self.within[:, None]
        return np.asarray(np.where(self.working > 0, found, 0.0))

    def predict(self, group: int, time: float) -> tuple[Array, Array]:
        """Return the log mean at a time in a group, and its variance for a dispersion of one."""
        with np.errstate(invalid="ignore", divide="ignore"):
            variance = 1 / self.weight[:, group]
            eta = self.level[:, group].copy()
            if self.has_trend:
                offset = time - self.centre[:, group]
                eta += self.slope * offset
                variance = variance + offset**2 / self.within
        return eta, variance


def fit(
    y: Array,
    group: NDArray[np.intp],
    time: Array,
    *,
    trend: bool,
    prior: Array | None = None,
) -> Fit:
    """Fit each row of `y` (rows × points; NaN where nothing was counted).

    `group` numbers each point's group from 0; `time` is in weeks. `prior` are weights, rows ×
    points. What did not converge within R's 25 steps says so in `converged`.
    """
    rows, points = y.shape
    counted = np.isfinite(y)
    prior = np.ones((rows, points)) if prior is None else prior
    prior = np.where(counted, prior, 0.0)
    y = np.where(counted, y, 0.0)
    groups = int(group.max()) + 1
    member = np.zeros((points, groups))
    member[np.arange(points), group] = 1.0
    filled = (prior @ member) > 0

    mu = y + 0.1
    eta = np.log(mu)
    deviance = _deviance(y, mu, prior)
    shape = (rows, groups)
    level, centre, weight = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    slope, within, working = np.zeros(rows), np.ones(rows), np.zeros((rows, points))
    converged = np.zeros(rows, dtype=bool)
    going = np.arange(rows)
    for _step in range(MOST_STEPS):
        part_mu, part_eta, part_y = mu[going], eta[going], y[going]
        w = prior[going] * part_mu
        z = part_eta + (part_y - part_mu) / part_mu
        with np.errstate(invalid="ignore", divide="ignore"):
            total = w @ member
            mean_z = np.where(filled[going], ((w * z) @ member) / total, 0.0)
            mean_t = np.where(filled[going], ((w * time) @ member) / total, 0.0)
        new_eta = mean_z[:, group]
        if trend:
            offset = time - mean_t[:, group]
            spread = (w * offset**2).sum(axis=1)
            with np.errstate(invalid="ignore", divide="ignore"):
                rise = (w * offset * z).sum(axis=1) / spread
            rise = np.where(np.isfinite(rise), rise, 0.0)
            new_eta = new_eta + rise[:, None] * offset
            slope[going], within[going] = rise, spread
        level[going], centre[going], weight[going], working[going] = mean_z, mean_t, total, w
        eta[going] = new_eta
        mu[going] = np.maximum(np.exp(np.minimum(new_eta, 700.0)), TINY)
        now = _deviance(part_y, mu[going], prior[going])
        with np.errstate(invalid="ignore"):
            done = np.abs(now - deviance[going]) / (np.abs(now) + 0.1) < TOLERANCE
        deviance[going] = now
        converged[going[done]] = True
        going = going[~done]
        if going.size == 0:
            break
    df = (prior > 0).sum(axis=1) - filled.sum(axis=1) - (1 if trend else 0)
    return Fit(
        level=level,
        slope=slope,
        mu=mu,
        working=working,
        prior=prior,
        y=y,
        has_trend=trend,
        within=within,
        centre=centre,
        weight=weight,
        df=df.astype(float),
        converged=converged,
        group=group,
        time=time,
    )


def _deviance(y: Array, mu: Array, prior: Array) -> Array:
    ratio = np.where(y > 0, y, mu) / mu
    return np.asarray(2 * (prior * (y * np.log(ratio) - (y - mu))).sum(axis=1))


def down_weights(model: Fit, phi: Array, threshold: float) -> Array:
    """Return weights that count past outbreaks for less: rows × points.

    From standardised Anscombe residuals, as Farrington and others (1996) and Noufaily and others
    (2013) have it: what lies above `threshold` counts by one over its square.
    """
    y, mu = model.y, model.mu
    counted = model.prior > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = 1.5 * (y ** (2 / 3) * mu ** (-1 / 6) - np.sqrt(mu))
        scaled = raw / np.sqrt(phi[:, None] * (1 - model.leverage()))
        scaled = np.where(counted, np.nan_to_num(scaled, nan=0.0, posinf=0.0, neginf=0.0), 0.0)
        high = scaled > threshold
        share = np.where(high, scaled**-2.0, 1.0)
    share = np.where(counted, share, 0.0)
    gamma = counted.sum(axis=1) / np.maximum(share.sum(axis=1), TINY)
    return np.asarray(gamma[:, None] * share)
