#!/usr/bin/env python3
"""Fit the polynomials behind the activations, and write them as the kernels' Swift source.

    pip install mpmath
    python3 tools/python/training/fit_activations.py > Sources/_SluiceKernels/Functions/Coefficients.swift

Every polynomial is the one of least maximal error that Remez's exchange finds in 40 digits. Its
coefficients are rounded to binary32 one at a time, lowest first, and the remaining ones fitted
again, so that rounding one is made good by the others.

tanh of a magnitude is a polynomial on each of eight segments, told apart by the exponent of
x^2 + OFFSET, which grow wider as tanh straightens. A segment's polynomial is in x - center. What
rounding its first coefficient costs no other can make good, so the center is one, close to the
middle, whose first coefficient is almost a binary32 number (as in Gal's tables, 1986). A gate's
sigmoid is 0.5 + 0.5 tanh(x / 2): the same polynomials, scaled by powers of two.

tanh of the fast grade is one rational function, x (1 + p1 u + p2 u^2) / (q0 + q1 u + q2 u^2 + q3 u^3)
with u = x^2, or the same as a product, which is Euler's for tanh, cut off:
k x (u + z1) (u + z2) / ((u + y1) (u + y2) (u + y3)). u stops growing where the fit ends, and x where the
quotient, linear in x from there on, is 1.

log(1 + t) on 0 <= t <= 1 is 2 artanh s with s = t / (2 + t), 2 s + s u p(u) with u = s^2 <= 1/9.
"""
import math
import struct

from mpmath import atanh, cos, expm1, log, lu_solve, matrix, mp, mpf, pi, polyroots, sqrt, tanh

mp.dps = 40

OFFSET = mpf(49) / 128
LIMIT = mpf("9.02")  # tanh is 1 in binary32 from here on
FIT_END = mpf("9.2")  # puts the last segment's error at LIMIT above zero: rounded, it is 1
FAST_END = mpf("6.205")  # beyond it 1 is as close to tanh as the fit is before
SEGMENTS = 8
FIRST_EXPONENT = 125  # of OFFSET, biased


def as_float32(x):
    """The binary32 nearest to x, exactly, as mpf."""
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def inverse_ulp(value):
    """An absolute error of a value times this is its error in ULP, over 2^24."""
    return mpf(2) ** -math.frexp(float(value))[1]


def extrema_of(errors, count):
    """The indices of `count` extrema of alternating sign, the largest of each run; or fewer."""
    extrema = []
    for i, e in enumerate(errors):
        if not extrema or e * errors[extrema[-1]] <= 0:
            extrema.append(i)
        elif abs(e) > abs(errors[extrema[-1]]):
            extrema[-1] = i
    while len(extrema) > count:
        extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
    return extrema


def remez(f, weight, low, high, powers, points=240):
    """The coefficients of `powers` that come closest to f on [low, high], and the weighted error."""
    count = len(powers)
    grid = [low + (high - low) * (1 - cos(pi * i / points)) / 2 for i in range(points + 1)]
    grid = [x for x in grid if x]
    values, weights = [f(x) for x in grid], [weight(x) for x in grid]
    rows = [[x**power for power in powers] for x in grid]
    chosen = [round(float((1 - cos(pi * i / count)) / 2 * (len(grid) - 1))) for i in range(count + 1)]
    best = None
    for _ in range(25):
        a, b = matrix(count + 1, count + 1), matrix(count + 1, 1)
        for row, i in enumerate(chosen):
            for j in range(count):
                a[row, j] = rows[i][j] * weights[i]
            a[row, count] = (-1) ** row
            b[row] = values[i] * weights[i]
        coefficients = list(lu_solve(a, b))[:count]
        errors = [(sum(c * p for c, p in zip(coefficients, row)) - value) * w
                  for row, value, w in zip(rows, values, weights)]
        greatest = max(abs(e) for e in errors)
        if best is None or greatest < best[0]:
            best = (greatest, coefficients)
        extrema = extrema_of(errors, count + 1)
        if len(extrema) < count + 1 or extrema == chosen:
            break
        chosen = extrema
    return best[1], best[0]


def rounded(f, weight, low, high, powers):
    """Coefficients in binary32 by power, and their weighted error."""
    fixed = {}

    def rest(x):
        return f(x) - sum(c * x**power for power, c in fixed.items())

    for power in powers:
        free = [p for p in powers if p not in fixed]
        coefficients, _ = remez(rest, weight, low, high, free)
        fixed[power] = as_float32(coefficients[0])
    grid = [low + (high - low) * i / 999 for i in range(1000)]
    return fixed, max(abs(rest(x) * weight(x)) for x in grid if x)


def tanh_segments(degree):
    """For each segment its ends, center, coefficients and error in ULP."""
    ends = [mpf(0)] + [sqrt(mpf(2) ** (k - 1) - OFFSET) for k in range(SEGMENTS - 1)] + [LIMIT]
    segments = []
    for low, high in zip(ends, ends[1:]):
        if low == 0:  # d + d^3 p(d), so that the last sum alone rounds
            coefficients, error = rounded(
                lambda x: tanh(x) - x, lambda x: inverse_ulp(tanh(x)), low, high,
                range(3, degree + 1))
            coefficients[1] = mpf(1)
            segments.append((low, high, mpf(0), coefficients, error * 2**24))
            continue

        end = FIT_END if high == LIMIT else high

        def fit(center):
            return remez(
                lambda d: tanh(center + d), lambda d: inverse_ulp(tanh(center + d)),
                low - center, end - center, range(degree + 1), points=120)[0]

        def first_rounding(center):
            first = fit(center)[0]
            return abs(first - as_float32(first)) * inverse_ulp(first)

        middle = round((low + high) / 2 * 1024)
        center = min((mpf(middle + i) / 1024 for i in range(-16, 17)), key=first_rounding)
        coefficients = dict(enumerate(as_float32(c) for c in fit(center)))
        error = max(
            abs(sum(c * (x - center) ** power for power, c in coefficients.items()) - tanh(x))
            * inverse_ulp(tanh(x)) for x in (low + (high - low) * i / 999 for i in range(1000)))
        segments.append((low, high, center, coefficients, error * 2**24))
    assert sum(c * (LIMIT - center) ** power for power, c in coefficients.items()) > 1 - mpf(2) ** -26
    return segments


def value_of_polynomials(x, u, p1, p2, q0, q1, q2, q3):
    """The value of the fast grade, each fused step rounded to binary32 as the kernels do it."""
    def fused(a, b, c):
        return as_float32(a * b + c)

    above = fused(as_float32(x * u), fused(u, p2, p1), x)
    return as_float32(above / fused(as_float32(u * u), fused(u, q3, q2), fused(u, q1, q0)))


def value_of_product(x, u, factor, *roots):
    """The same as a product."""
    z1, z2, y1, y2, y3 = (as_float32(u + root) for root in roots)
    above = as_float32(as_float32(factor * x) * as_float32(z1 * z2))
    return as_float32(above / as_float32(as_float32(y1 * y2) * y3))


def fast_tanh(points=240):
    """limit, squareLimit, p1, p2, q0 to q3, factor, zeros, poles, and the greatest error.

    Remez's exchange, with the denominator in the alternating term taken from the iteration before.
    """
    count = 7
    grid = [FAST_END * (1 - cos(pi * i / points)) / 2 for i in range(1, points + 1)]
    values = [tanh(x) for x in grid]
    denominators = [1 + x**2 / 2 for x in grid]
    chosen = [round(float((1 - cos(pi * (i + 1) / count)) / 2 * (points - 1))) for i in range(count)]
    for _ in range(40):
        for _ in range(12):
            a, b = matrix(count, count), matrix(count, 1)
            for row, i in enumerate(chosen):
                x, u = grid[i], grid[i] ** 2
                terms = [x * u, x * u**2] + [-values[i] * u**power for power in range(4)]
                for column, term in enumerate(terms + [(-1) ** row * denominators[i]]):
                    a[row, column] = term
                b[row] = -x
            c = list(lu_solve(a, b))[:-1]
            denominators = [sum(q * x ** (2 * k) for k, q in enumerate(c[2:])) for x in grid]
        errors = [x * (1 + c[0] * x**2 + c[1] * x**4) / q - value
                  for x, q, value in zip(grid, denominators, values)]
        extrema = extrema_of(errors, count)
        if len(extrema) < count or extrema == chosen:
            break
        chosen = extrema
    zeros = sorted(-root for root in polyroots([c[1], c[0], 1]))
    poles = sorted(-root for root in polyroots(c[:1:-1]))
    product = [as_float32(value) for value in [c[1] / c[5]] + zeros + poles]
    polynomials = [as_float32(value) for value in c]
    limit, square = as_float32(FAST_END), as_float32(FAST_END**2)
    while value_of_polynomials(limit, square, *polynomials) < 1:
        limit += mpf(2) ** -21  # the next binary32
    assert value_of_polynomials(limit, square, *polynomials) == 1
    assert value_of_product(limit, square, *product) == 1
    return [limit, square] + polynomials + product, max(abs(e) for e in errors)


def spelled(value):
    """A binary32 number as Swift has it."""
    if value == int(value):
        return str(int(value))
    mantissa, exponent = float(value).hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{int(exponent)}"


def panel(label, values):
    """Eight numbers of a table, `label` before them."""
    texts = [spelled(v) for v in values]
    lines = [f"    {label}: Panel("]
    for half in (texts[:4], texts[4:]):
        lines.append("      " + ", ".join(half) + ",")
    lines[-1] = lines[-1][:-1] + "),"
    return lines


def table(name, comment, segments, degree, scale):
    """The Swift source of a function that is scale * tanh(scale * x)."""
    inverse = 1 / scale
    shift = round(2 * math.log2(inverse))  # of the exponents of x^2

    def by_exponent(values):
        ordered = [mpf(0)] * SEGMENTS
        for index, value in enumerate(values):
            ordered[(FIRST_EXPONENT + shift + index) % SEGMENTS] = value
        return ordered

    lines = [f"/// {line}".rstrip() for line in comment]
    lines += ["@inline(always)", f"var {name}: Segments {{", "  Segments("]
    lines.append(f"    offset: {spelled(OFFSET * inverse**2)}, "
                 f"last: {spelled(mpf(2) ** (SEGMENTS - 2) * inverse**2 - 1)}, "
                 f"limit: {spelled(as_float32(LIMIT * inverse))},")
    lines += panel("center", by_exponent([s[2] * inverse for s in segments]))
    for power in range(degree + 1):
        values = [s[3].get(power, mpf(0)) * scale ** (power + 1) for s in segments]
        lines += panel(f"c{power}", by_exponent(values))
    lines[-1] = lines[-1][:-1] + ")"
    return lines + ["}"]


def constants(name, symbol, coefficients, comment):
    """The Swift source of a polynomial's coefficients, as a tuple."""
    lines = [f"/// {line}" for line in comment]
    lines += ["@inline(always)", f"var {name}: ({', '.join(['Float'] * len(coefficients))}) {{"]
    lines.append("  (" + ", ".join(spelled(c) for c in coefficients) + ")")
    return lines + ["}"]


def quotient(name, comment, values):
    """The Swift source of a rational function."""
    texts = [spelled(value) for value in values]
    lines = [f"/// {line}" for line in comment]
    lines += ["@inline(always)", f"var {name}: Quotient {{", "  Quotient("]
    labels = ("limit", "squareLimit", "p1", "p2", "q0", "q1", "q2", "q3", "factor")
    labelled = [f"{label}: {text}" for label, text in zip(labels, texts)]
    for first, last in ((0, 3), (3, 6), (6, 9)):
        lines.append("    " + ", ".join(labelled[first:last]) + ",")
    lines.append(f"    zeros: ({', '.join(texts[9:11])}), poles: ({', '.join(texts[11:])}))")
    return lines + ["}"]


def fit_exp():
    def q(r):
        return mpf(1) / 2 + r / 6 if abs(r) < mpf("1e-12") else (expm1(r) - r) / r**2

    end = log(2) / 2 * mpf("1.0005")  # rounding of n leaves r a little beyond ln(2)/2
    coefficients, error = rounded(q, lambda r: r**2 / abs(expm1(r)), -end, end, range(5))
    return list(coefficients.values()), error


def fit_log():
    def p(u):
        if u < mpf("1e-12"):
            return mpf(2) / 3 + 2 * u / 5
        s = sqrt(u)
        return 2 * (atanh(s) - s) / s**3

    def weight(u):
        s = sqrt(u)
        return s**3 / (2 * atanh(s)) if s else mpf(0)

    coefficients, error = rounded(p, weight, mpf(0), mpf(1) / 9, range(4))
    return list(coefficients.values()), error


def main():
    degree = 6
    segments = tanh_segments(degree)
    rows = ["", "| x from | to | error, ULP |", "|---|---|---|"]
    rows += [f"| {float(low):.4f} | {float(high):.4f} | {float(error):.3f} |"
             for low, high, _, _, error in segments]
    fast, fast_error = fast_tanh()
    # 0.5 tanh(x / 2): every step has the same digits.
    powers = (1, 2) + (-2, -4, 2, 0, -2, -4) + (0, 2, 2, 2, 2, 2)
    fast_gate = [value * mpf(2) ** power for value, power in zip(fast, powers)]
    exponential, exp_error = fit_exp()
    logarithm, log_error = fit_log()
    parts = [
        ["// Written by tools/python/training/fit_activations.py: change that, not this."],
        constants("expCoefficients", "q", exponential, [
            "q of exp(r) - 1 = r + r^2 q(r) for |r| <= ln(2) / 2, degree 4: the greatest error before",
            f"rounding, relative to exp(r) - 1, is {float(exp_error):.2g}."]),
        constants("logCoefficients", "p", logarithm, [
            "p of log(1 + t) = 2 s + s u p(u), s = t / (2 + t), u = s^2 <= 1/9, degree 3: the greatest",
            f"error before rounding, relative to the logarithm, is {float(log_error):.2g}."]),
        table("tanhSegments", [
            f"tanh x for 0 <= x <= {float(LIMIT)}, degree {degree}, and the error before rounding:"]
            + rows, segments, degree, mpf(1)),
        table("gateSegments", [
            f"0.5 tanh(x / 2) for 0 <= x <= {float(2 * LIMIT)}: the polynomials of `tanhSegments`, scaled."],
            segments, degree, mpf(1) / 2),
        quotient("fastTanh", [
            "tanh x of the fast grade: the greatest error before rounding is "
            f"{float(max(fast_error, 1 - tanh(FAST_END))):.2g}."], fast),
        quotient("fastGate", ["0.5 tanh(x / 2): `fastTanh`, scaled by powers of two."], fast_gate),
    ]
    print("\n\n".join("\n".join(part) for part in parts))


if __name__ == "__main__":
    main()
