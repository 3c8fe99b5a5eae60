"""Optimizers: fastai's Adam in one pass over the weights, and Muon, whose steps of equal size in every direction of a weight matrix make
few epochs go further."""

from functools import partial

import torch
from fastai.optimizer import Optimizer, adam_step, average_grad, average_sqr_grad, step_stat, weight_decay
from torch.optim.adamw import adamw


class FusedAdam(Optimizer):
    """fastai's `Adam`, which decouples the weight decay and so is AdamW, by torch's fused kernel: the same steps, a quarter of the time."""

    def __init__(self, params, lr: float, mom: float = 0.9, sqr_mom: float = 0.99, eps: float = 1e-5, wd: float = 0.01):
        super().__init__(params, [], lr=lr, mom=mom, sqr_mom=sqr_mom, eps=eps, wd=wd)

    @torch.no_grad()
    def step(self, closure=None):
        alike = {}  # parameters by their hyper-parameters, since one call takes one set
        for p, _, state, hyper in self.all_params(with_grad=True):
            if "step" not in state:
                state |= {name: torch.zeros_like(p) for name in ("grad_avg", "sqr_avg")}
                state["step"] = torch.zeros((), device=p.device)
            decayed = {**hyper, "wd": hyper["wd"] * state.get("do_wd", True)}
            alike.setdefault(tuple(sorted(decayed.items())), []).append((p, p.grad, *(state[n] for n in ("grad_avg", "sqr_avg", "step"))))
        for hyper, members in alike.items():
            params, grads, averages, squares, steps = map(list, zip(*members))
            h = dict(hyper)
            rates = {"lr": h["lr"], "beta1": h["mom"], "beta2": h["sqr_mom"], "eps": h["eps"], "weight_decay": h["wd"]}
            adamw(params, grads, averages, squares, [], steps, fused=True, amsgrad=False, maximize=False, **rates)

    def zero_grad(self):
        for p, *_ in self.all_params(with_grad=True):
            p.grad = None


def muon(params, lr: float, mom: float = 0.9, sqr_mom: float = 0.99, eps: float = 1e-5, wd: float = 0.01) -> Optimizer:
    """An `opt_func` for fastai, used as `Adam` is: convolutions step along their orthogonalised momentum (Jordan
    2024, kellerjordan.github.io/posts/muon), scaled to the size of Adam's steps (Liu et al. 2025, arXiv:2502.16982); what is no matrix
    of features (norms, biases, the first convolution of a grey picture, depthwise ones) and the classifier by Adam."""
    cbs = [weight_decay, partial(average_grad, dampening=True), average_sqr_grad, step_stat, _step]
    return Optimizer(params, cbs, lr=lr, mom=mom, sqr_mom=sqr_mom, eps=eps, wd=wd)


def _step(p, lr, mom, grad_avg, **state):
    if p.ndim != 4 or p.shape[1] == 1:
        return adam_step(p, lr, mom, grad_avg=grad_avg, **state)
    ahead = torch.lerp(p.grad, grad_avg, mom).flatten(1)  # Nesterov's
    p.data.add_(orthogonalise(ahead).view_as(p), alpha=-lr * 0.2 * max(ahead.shape) ** 0.5)
    return p


def orthogonalise(matrix: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """About the nearest matrix with singular values of 1, [n, m] to [n, m], by Newton-Schulz iterations with Jordan's coefficients,
    which leave them between .7 and 1.2.

    An iteration multiplies by a polynomial of the Gram matrix, and Gram matrices of all iterations commute: so they are iterated alone,
    on the short side, and the matrix itself is multiplied once, at the end. The same result with less than half of the products.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    gram, product = x @ x.T, None
    for _ in range(steps):
        factor = torch.addmm(b * gram, gram, gram, alpha=c)
        factor.diagonal().add_(a)
        product = factor if product is None else factor @ product
        gram = factor @ gram @ factor
    x = product @ x
    return x.T if tall else x
