// Written by tools/python/training/fit_activations.py: change that, not this.

/// q of exp(r) - 1 = r + r^2 q(r) for |r| <= ln(2) / 2, degree 4: the greatest error before
/// rounding, relative to exp(r) - 1, is 1.4e-08.
@inline(always)
var expCoefficients: (Float, Float, Float, Float, Float) {
  (0x1.fffffep-2, 0x1.5554aap-3, 0x1.55579cp-5, 0x1.122c32p-7, 0x1.6abdeep-10)
}

/// p of log(1 + t) = 2 s + s u p(u), s = t / (2 + t), u = s^2 <= 1/9, degree 3: the greatest
/// error before rounding, relative to the logarithm, is 4.5e-09.
@inline(always)
var logCoefficients: (Float, Float, Float, Float) {
  (0x1.555502p-1, 0x1.99d1ccp-2, 0x1.1ec04p-2, 0x1.1eca1ep-2)
}

/// tanh x for 0 <= x <= 9.02, degree 6, and the error before rounding:
///
/// | x from | to | error, ULP |
/// |---|---|---|
/// | 0.0000 | 0.3423 | 0.758 |
/// | 0.3423 | 0.7856 | 0.399 |
/// | 0.7856 | 1.2717 | 0.082 |
/// | 1.2717 | 1.9019 | 0.289 |
/// | 1.9019 | 2.7599 | 0.088 |
/// | 2.7599 | 3.9519 | 0.395 |
/// | 3.9519 | 5.6229 | 0.315 |
/// | 5.6229 | 9.0200 | 0.451 |
@inline(always)
var tanhSegments: Segments {
  Segments(
    offset: 0x1.88p-2, last: 63, limit: 0x1.20a3d8p3,
    center: Panel(
      0x1.96cp0, 0x1.2bp1, 0x1.adap1, 0x1.322p2,
      0x1.d3dp2, 0, 0x1.1b8p-1, 0x1.058p0),
    c0: Panel(
      0x1.d70706p-1, 0x1.f68272p-1, 0x1.fec1d8p-1, 0x1.ffeda4p-1,
      0x1.ffffe2p-1, 0, 0x1.01b00ep-1, 0x1.8a7b1ap-1),
    c1: Panel(
      0x1.3aaa2p-3, 0x1.2ce126p-5, 0x1.3dc9a6p-8, 0x1.25e2fcp-12,
      0x1.fc2eb8p-20, 1, 0x1.7e4e92p-1, 0x1.a020dcp-2),
    c2: Panel(
      -0x1.217bbp-3, -0x1.274cdep-5, -0x1.3d031ep-8, -0x1.25ce5cp-12,
      -0x1.e316ap-20, 0, -0x1.80d3d4p-2, -0x1.409d6cp-2),
    c3: Panel(
      0x1.42f93cp-4, 0x1.7b1568p-6, 0x1.a3d83p-9, 0x1.8420e8p-13,
      0x1.f96d66p-21, -0x1.55411ep-2, -0x1.ea082ep-5, 0x1.b13d66p-4),
    c4: Panel(
      -0x1.a0808cp-6, -0x1.5e8eccp-7, -0x1.9feb18p-10, -0x1.849b38p-14,
      -0x1.2fc806p-21, -0x1.c5782ap-10, 0x1.3e1808p-3, 0x1.77272ap-6),
    c5: Panel(
      -0x1.b4be7ap-15, 0x1.d69d14p-9, 0x1.57ee7cp-11, 0x1.5e920ep-15,
      0x1.a3bbc4p-22, 0x1.2c6ce4p-3, -0x1.403f44p-5, -0x1.65f2a8p-5),
    c6: Panel(
      0x1.50cdbep-8, -0x1.7a7654p-11, -0x1.b4aedep-13, -0x1.cc4908p-17,
      -0x1.ca5d3ap-24, -0x1.66dfc4p-5, -0x1.398c8ep-5, 0x1.2e9a34p-6))
}

/// 0.5 tanh(x / 2) for 0 <= x <= 18.04: the polynomials of `tanhSegments`, scaled.
@inline(always)
var gateSegments: Segments {
  Segments(
    offset: 0x1.88p0, last: 255, limit: 0x1.20a3d8p4,
    center: Panel(
      0x1.1b8p0, 0x1.058p1, 0x1.96cp1, 0x1.2bp2,
      0x1.adap2, 0x1.322p3, 0x1.d3dp3, 0),
    c0: Panel(
      0x1.01b00ep-2, 0x1.8a7b1ap-2, 0x1.d70706p-2, 0x1.f68272p-2,
      0x1.fec1d8p-2, 0x1.ffeda4p-2, 0x1.ffffe2p-2, 0),
    c1: Panel(
      0x1.7e4e92p-3, 0x1.a020dcp-4, 0x1.3aaa2p-5, 0x1.2ce126p-7,
      0x1.3dc9a6p-10, 0x1.25e2fcp-14, 0x1.fc2eb8p-22, 0x1p-2),
    c2: Panel(
      -0x1.80d3d4p-5, -0x1.409d6cp-5, -0x1.217bbp-6, -0x1.274cdep-8,
      -0x1.3d031ep-11, -0x1.25ce5cp-15, -0x1.e316ap-23, 0),
    c3: Panel(
      -0x1.ea082ep-9, 0x1.b13d66p-8, 0x1.42f93cp-8, 0x1.7b1568p-10,
      0x1.a3d83p-13, 0x1.8420e8p-17, 0x1.f96d66p-25, -0x1.55411ep-6),
    c4: Panel(
      0x1.3e1808p-8, 0x1.77272ap-11, -0x1.a0808cp-11, -0x1.5e8eccp-12,
      -0x1.9feb18p-15, -0x1.849b38p-19, -0x1.2fc806p-26, -0x1.c5782ap-15),
    c5: Panel(
      -0x1.403f44p-11, -0x1.65f2a8p-11, -0x1.b4be7ap-21, 0x1.d69d14p-15,
      0x1.57ee7cp-17, 0x1.5e920ep-21, 0x1.a3bbc4p-28, 0x1.2c6ce4p-9),
    c6: Panel(
      -0x1.398c8ep-12, 0x1.2e9a34p-13, 0x1.50cdbep-15, -0x1.7a7654p-18,
      -0x1.b4aedep-20, -0x1.cc4908p-24, -0x1.ca5d3ap-31, -0x1.66dfc4p-12))
}

/// tanh x of the fast grade: the greatest error before rounding is 8.2e-06.
@inline(always)
var fastTanh: Quotient {
  Quotient(
    limit: 0x1.8d2058p2, squareLimit: 0x1.340426p5, p1: 0x1.d331cp-4,
    p2: 0x1.814c84p-10, q0: 0x1.000256p0, q1: 0x1.ca07b8p-2,
    q2: 0x1.1bfdc8p-6, q3: 0x1.c1797ep-15, factor: 0x1.b6e5ap4,
    zeros: (0x1.426906p3, 0x1.0e1c94p6), poles: (0x1.3c3756p1, 0x1.991f4ap4, 0x1.2774c8p8))
}

/// 0.5 tanh(x / 2): `fastTanh`, scaled by powers of two.
@inline(always)
var fastGate: Quotient {
  Quotient(
    limit: 0x1.8d2058p3, squareLimit: 0x1.340426p7, p1: 0x1.d331cp-6,
    p2: 0x1.814c84p-14, q0: 0x1.000256p2, q1: 0x1.ca07b8p-2,
    q2: 0x1.1bfdc8p-8, q3: 0x1.c1797ep-19, factor: 0x1.b6e5ap4,
    zeros: (0x1.426906p5, 0x1.0e1c94p8), poles: (0x1.3c3756p3, 0x1.991f4ap6, 0x1.2774c8p10))
}
