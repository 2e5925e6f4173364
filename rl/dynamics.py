"""Dynamics: how a listing answers to what is spent on promoting it, as parameters, each with its source and its error.

A campaign is cut into parts of six hours, four a day. Of listing i in part t, `s` is what is spent on it in USD and `F`
the stock of recent spending on its audience (USD):

    clicks     Poisson(clicks_per_usd * s * demand)        demand = weekday * part * novelty
    orders     Binomial(clicks, orders_per_click_i * fresh(s, u)),  u = stock before the part
    fresh      1 / (1 + s / kappa) / (1 + u / audience): saturation within a part, Hill's curve of slope 1 (Jin et al.,
               "Bayesian methods for media mix modeling with carryover and shape effects", 2017), times fatigue
    stock      u + s + overlap * (what the other listings got), halved every `recovery_days` (adstock, Broadbent 1979):
               listings compete for one audience as for one budget
    novelty    evergreen + (1 - evergreen) * (1 + |days to its peak| / novelty_days) ** -novelty_power: attention
               rises to a peak and ends as a power of time (Crane & Sornette, "Robust dynamic classes revealed by
               measuring the response function of a social system", 2008)
    delay      an order arrives `delay_days` after its click in the mean, exponentially distributed (Chapelle, "Modeling
               delayed feedback in display advertising", 2014), told at the end of a day

Every parameter is an `Estimate`. The shipped ones (`rl/dynamics.json`) say of themselves whether they were fitted, to
what and how well, or assumed. `BadDynamics` is raised for a file that is none of ours.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PARTS = 4
"""Parts of a day, of six hours each, from midnight."""
WEEK = 7
FORMAT = 1
SHIPPED = Path(__file__).with_name("dynamics.json")

Floats = NDArray[np.float64]


class BadDynamics(ValueError):
    """Parameters that no campaign can have, or a file of another format."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One parameter (or a profile), how sure it is, and where it is from."""

    value: tuple[float, ...]
    error: tuple[float, ...] | None
    """Standard errors by bootstrap, of each value; None: assumed, not fitted."""
    unit: str
    source: str
    rows: int = 0
    """Rows it was fitted to."""
    gain: float | None = None
    """The share of the held-out deviance (or squared error) saved over leaving it out; under 0: it does harm."""

    @property
    def one(self) -> float:
        """The value of a parameter that is one number."""
        return self.value[0]

    @property
    def fitted(self) -> bool:
        """Whether data said so."""
        return self.error is not None


@dataclass(frozen=True, slots=True)
class Dynamics:
    """The parameters of the simulator; names and units as in the module's text."""

    clicks_per_usd: Estimate
    orders_per_click: Estimate
    unlike_shape: Estimate
    """Shape of the gamma distribution of listings' orders a click where they have little in common."""
    alike_shape: Estimate
    """The same where they are variants of one idea: larger is more alike."""
    life_kappa_usd: Estimate
    """What halves the orders a USD of an ad over its whole life, saturation and fatigue together."""
    life_days: Estimate
    fatigue_share: Estimate
    """How much of that is fatigue; the rest is saturation within a part."""
    recovery_days: Estimate
    overlap: Estimate
    novelty_power: Estimate
    novelty_days: Estimate
    evergreen: Estimate
    weekday: Estimate
    """Seven multipliers from Monday, 1 in the mean."""
    part: Estimate
    """Four multipliers from midnight, 1 in the mean."""
    forecast_error_days: Estimate
    """Standard deviation of the forecast of attention's peak."""
    delay_days: Estimate
    order_value_usd: Estimate

    def __post_init__(self) -> None:
        for name, length in (("weekday", WEEK), ("part", PARTS)):
            if len(getattr(self, name).value) != length:
                raise BadDynamics(f"{name} has {len(getattr(self, name).value)} values, {length} are needed")
        for field in fields(self):
            for value in getattr(self, field.name).value:
                if not math.isfinite(value) or value < 0 or (value == 0 and field.name not in MAY_BE_ZERO):
                    raise BadDynamics(f"{field.name} = {value!r}: a finite number above 0 is needed")

    @property
    def prior_shape(self) -> float:
        """What a bandit may assume of listings it knows nothing of: halfway from unlike to alike, in logarithms."""
        return math.sqrt(self.unlike_shape.one * self.alike_shape.one)

    @property
    def kappa_usd(self) -> float:
        """What a part's spending on one listing is when its next USD is worth a quarter (Hill's half-way point).

        A life of even spending S has S / parts a part; its share of S / life_kappa is made of saturation alone.
        """
        parts = PARTS * self.life_days.one
        return self.life_kappa_usd.one / parts / (1 - self.fatigue_share.one)

    @property
    def audience_usd(self) -> float:
        """The stock of recent spending that halves the orders a USD: of the same life, fatigue's share."""
        stock = 1 / (1 - float(kept_a_part(self.recovery_days.one)))
        return self.life_kappa_usd.one / (PARTS * self.life_days.one) * stock / self.fatigue_share.one

    @property
    def digest(self) -> str:
        """SHA-256 of the parameters: what a policy was trained on."""
        return hashlib.sha256(_text(self).encode()).hexdigest()


MAY_BE_ZERO = ("overlap", "evergreen")


def shipped() -> Dynamics:
    """The parameters that come with the product."""
    return load_dynamics(SHIPPED)


def load_dynamics(path: Path) -> Dynamics:
    """Reads parameters; BadDynamics says what is wrong with a file that holds none."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["format"] != FORMAT:
            raise BadDynamics(f"{path.name}: format {body['format']!r}, this version reads {FORMAT}")
        return Dynamics(**{name: _estimate(one) for name, one in body["parameters"].items()})
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, BadDynamics):
            raise
        raise BadDynamics(f"{path.name} holds no dynamics: {error}") from error


def save_dynamics(dynamics: Dynamics, path: Path) -> None:
    """Writes parameters as JSON, with errors and sources."""
    path.write_text(_text(dynamics) + "\n", encoding="utf-8")


def response(spend: Floats, stock: Floats, kappa: Floats | float, audience: Floats | float) -> Floats:
    """What spending is worth, in USD spent on an untired, unsaturated audience: spend * fresh."""
    return np.asarray(spend / (1 + spend / kappa) / (1 + stock / audience))


def kept_a_part(recovery_days: Floats | float) -> Floats:
    """The share of the stock that is left a part later."""
    return np.asarray(0.5 ** (1 / (PARTS * np.asarray(recovery_days))))


def novelty(days: Floats, power: Floats | float, novelty_days: Floats | float, evergreen: Floats | float) -> Floats:
    """Attention so many days before or after its peak (0 or more), in (0, 1]."""
    return np.asarray(evergreen + (1 - evergreen) * (1 + days / novelty_days) ** -np.asarray(power))


def _estimate(body: Mapping[str, object]) -> Estimate:
    value, error = body["value"], body["error"]
    if not isinstance(value, list) or not (error is None or isinstance(error, list)):
        raise BadDynamics(f"value {value!r} and error {error!r} should be lists")
    rest = {name: body[name] for name in ("unit", "source", "rows", "gain")}
    return Estimate(tuple(map(float, value)), None if error is None else tuple(map(float, error)), **rest)  # type: ignore[arg-type]


def _text(dynamics: Dynamics) -> str:
    return json.dumps({"format": FORMAT, "parameters": asdict(dynamics)}, indent=1, sort_keys=True, ensure_ascii=False)
