#!/usr/bin/env python3
"""Fit the polynomials behind tanh, sigmoid and softplus, and print them as the kernels spell them.

    pip install mpmath && python3 tools/python/fit_activations.py

exp(r) - 1 = r + r^2 q(r) on |r| <= ln(2)/2. q is the polynomial of least maximal error, relative to
exp(r) - 1, found by Remez's exchange in 60 digits; then its coefficients are rounded to binary32
one at a time, lowest first, and the remaining ones fitted again, so that rounding one is made good
by the others. `Sources/_SluiceKernels/Portable/Activations.swift` holds what this prints.

log(1 + t) on 0 <= t <= 1 is 2 artanh s with s = t / (2 + t), 2 s + s u p(u) with u = s^2 <= 1/9. p is a Chebyshev
interpolation, which comes within a few percent of the least error; see `Functions.swift`.
"""
import struct

from mpmath import atanh, chebyfit, cos, expm1, log, lu_solve, matrix, mp, mpf, pi, sqrt

mp.dps = 60
LIMIT = log(2) / 2 * mpf("1.0005")  # rounding of n leaves r a little beyond ln(2)/2
DEGREE = 4


def as_float32(x):
    """The binary32 nearest to x, exactly, as mpf."""
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def target(r):
    """q(r), by its series near zero where the quotient cancels."""
    if abs(r) < mpf("1e-12"):
        return mpf(1) / 2 + r / 6
    return (expm1(r) - r) / r**2


def weight(r):
    """An error of q at r as a relative error of exp(r) - 1."""
    return r**2 / abs(expm1(r)) if r else mpf(0)


def remez(fixed):
    """Coefficients of q whose first ones are `fixed`, and the maximal weighted error."""
    free = DEGREE + 1 - len(fixed)
    grid = [LIMIT * cos(pi * i / 800) for i in range(801)]

    def residual(r, coefficients):
        return sum(c * r**i for i, c in enumerate(coefficients)) - target(r)

    points = [LIMIT * cos(pi * (i + mpf("0.5")) / (free + 1)) for i in range(free + 1)]
    coefficients = []
    for _ in range(30):
        a, b = matrix(free + 1, free + 1), matrix(free + 1, 1)
        for row, r in enumerate(points):
            for j in range(free):
                a[row, j] = r ** (j + len(fixed)) * weight(r)
            a[row, free] = (-1) ** row
            b[row] = (target(r) - sum(c * r**i for i, c in enumerate(fixed))) * weight(r)
        solution = lu_solve(a, b)
        coefficients = list(fixed) + [solution[j] for j in range(free)]
        errors = [residual(r, coefficients) * weight(r) for r in grid]
        extrema = [i for i in range(len(grid))
                   if (i == 0 or abs(errors[i]) >= abs(errors[i - 1]) or errors[i] * errors[i - 1] < 0)
                   and (i == len(grid) - 1 or abs(errors[i]) >= abs(errors[i + 1]) or errors[i] * errors[i + 1] < 0)]
        chosen = []
        for i in extrema:  # alternate in sign, keep the largest of each run
            if chosen and errors[i] * errors[chosen[-1]] > 0:
                if abs(errors[i]) > abs(errors[chosen[-1]]):
                    chosen[-1] = i
            else:
                chosen.append(i)
        while len(chosen) > free + 1:
            chosen.pop(0 if abs(errors[chosen[0]]) < abs(errors[chosen[-1]]) else -1)
        if len(chosen) < free + 1 or [grid[i] for i in chosen] == points:
            break
        points = [grid[i] for i in chosen]
    return coefficients, max(abs(residual(r, coefficients) * weight(r)) for r in grid)


def fit_log1p():
    def p(u):
        if u < mpf("1e-12"):
            return mpf(2) / 3 + 2 * u / 5
        s = sqrt(u)
        return 2 * (atanh(s) - s) / s**3

    coefficients = [as_float32(c) for c in reversed(chebyfit(p, [0, mpf(1) / 9], 4))]

    def error(s):
        return (2 * s + s**3 * sum(c * s ** (2 * i) for i, c in enumerate(coefficients))) / (2 * atanh(s)) - 1

    worst = max(abs(error(mpf(i) / 3000)) for i in range(1, 1001))
    print(f"log(1 + t): maximal relative error {float(worst):.3e}")
    for i, c in enumerate(coefficients):
        print(f"p{i} = {float(c):.10g}  // {float(c).hex()}")


def main():
    fixed = []
    for _ in range(DEGREE + 1):
        coefficients, error = remez(fixed) if len(fixed) <= DEGREE else (fixed, None)
        print(f"{len(fixed)} fixed: maximal relative error {float(error):.3e}")
        fixed.append(as_float32(coefficients[len(fixed)]))
    grid = [LIMIT * cos(pi * i / 800) for i in range(801)]
    error = max(abs((sum(c * r**i for i, c in enumerate(fixed)) - target(r)) * weight(r)) for r in grid)
    print(f"all rounded: {float(error):.3e}")
    for i, c in enumerate(fixed):
        print(f"q{i} = {float(c):.10g}  // {float(c).hex()}")
    fit_log1p()


if __name__ == "__main__":
    main()
