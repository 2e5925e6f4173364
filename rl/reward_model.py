"""Reward model: the reward expected of every action in every context, predicted out of fold.

Logistic regression (scikit-learn) on the context and one indicator an action, shrunk to the mean by an L2 penalty; or
with a slope of its own for each action as well. Each row is predicted by a model that has not seen it (cross-fitting,
Chernozhukov et al. 2018), as `rl.ope` needs. The form and the penalty are those with the least log loss out of fold:
few rewards are shrunk much.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rl.logged import BadLog, Floats, Ints

Forms = Sequence[tuple[bool, float]]
FORMS: Forms = (
    (False, 0.1), (False, 0.3), (False, 1.0), (False, 3.0), (True, 0.03), (True, 0.1), (True, 0.3), (True, 1.0),
)  # fmt: skip
"""What is tried: whether actions have slopes of their own, and the inverse penalty (scikit-learn's C)."""
FOLDS = 3


def predict_rewards(
    context: Floats,
    action: Ints,
    reward: Floats,
    actions: int,
    folds: int = FOLDS,
    seed: int = 7,
    forms: Forms = FORMS,
) -> Floats:
    """Chance of a reward of 1, in (0, 1), shape (n, actions); `context` (n, d) of finite numbers of about unit size.

    Where all rewards that a fold's model may see are equal, it says their smoothed mean, `(1 + sum) / (2 + n)`.

    Raises:
        BadLog: rewards other than 0 and 1, or fewer rows than folds.
    """
    if not np.isin(reward, (0.0, 1.0)).all():
        raise BadLog("the reward model takes rewards of 0 and 1 only")
    if len(reward) < folds:
        raise BadLog(f"{len(reward)} rows cannot be cut into {folds} folds")
    fold = np.random.default_rng(seed).permutation(len(reward)) % folds
    found = [_out_of_fold(context, action, reward, actions, fold, *form) for form in forms]
    return min(found, key=lambda predicted: _log_loss(predicted[np.arange(len(reward)), action], reward))


def _out_of_fold(
    context: Floats, action: Ints, reward: Floats, actions: int, fold: Ints, slopes: bool, strength: float
) -> Floats:
    predicted = np.empty((len(reward), actions))
    for number in range(int(fold.max()) + 1):
        inside = fold != number
        slope, level = _fitted(context[inside], action[inside], reward[inside], actions, slopes, strength)
        predicted[~inside] = 1 / (1 + np.exp(-(context[~inside] @ slope + level)))
    return predicted


def _fitted(
    context: Floats, action: Ints, reward: Floats, actions: int, slopes: bool, strength: float
) -> tuple[Floats, Floats]:
    """Slopes on the context (d, actions), and the level of each action (actions,), on the logit scale."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    rows, width = context.shape
    if reward.min() == reward.max():
        mean = (1 + reward.sum()) / (2 + rows)
        return np.zeros((width, actions)), np.full(actions, np.log(mean / (1 - mean)))
    columns = [csr_matrix(context), csr_matrix((np.ones(rows), action, np.arange(rows + 1)), shape=(rows, actions))]
    if slopes:
        at = (action[:, None] * width + np.arange(width)).ravel()
        starts = np.arange(0, rows * width + 1, width)
        columns.append(csr_matrix((context.ravel(), at, starts), shape=(rows, actions * width)))
    model = LogisticRegression(C=strength, max_iter=1000).fit(hstack(columns).tocsr(), reward)
    of_context, of_action, of_both = np.split(model.coef_[0], [width, width + actions])
    own = of_both.reshape(actions, width).T if slopes else np.zeros((width, actions))
    return of_context[:, None] + own, of_action + model.intercept_[0]


def _log_loss(chance: Floats, reward: Floats) -> float:
    return float(-np.mean(np.log(np.where(reward > 0, chance, 1 - chance))))
