#include "fourier.h"

#include <math.h>

static const double pi = 0x1.921fb54442d18p1;

/* sin(x + shifted * pi / 2): Taylor's series up to the 17th and 18th power of at most pi / 4. */
static double quarter(double x, int shifted) {
  const double high = 0x1.921fb544p0, low = 0x1.0b4611a626331p-34;
  double turns = round(x / (high + low));
  double rest = (x - turns * high) - turns * low, square = rest * rest;
  int quadrant = ((int)turns + shifted) & 3;
  double sum = 1;
  for (double power = quadrant & 1 ? 18 : 17; power > 1.5; power -= 2)
    sum = 1 - sum * square / (power * (power - 1));
  double value = quadrant & 1 ? sum : rest * sum;
  return quadrant & 2 ? -value : value;
}

double table_cosine(double x) { return quarter(x, 1); }
double table_sine(double x) { return quarter(x, 0); }

void fourier_make(fourier *fourier, size_t size, void *memory) {
  *fourier = (struct fourier){.size = size, .values = memory};
  fourier->other = fourier->values + size;
  fourier->roots = fourier->other + size;
  for (size_t i = 0; i < size; i++) {
    double turn = 2 * pi * (double)i / (double)size;
    fourier->roots[i] = (number2){table_cosine(turn), -table_sine(turn)};
  }
  size_t rest = size, factor = 4;
  for (; rest % factor == 0; rest /= factor) fourier->factors[fourier->factor_count++] = factor;
  for (factor = 2; rest % factor == 0; rest /= factor) fourier->factors[fourier->factor_count++] = factor;
  for (factor = 3; rest > 1; factor += 2) {
    /* What has no divisor up to its root is prime. */
    if (factor * factor > rest) factor = rest;
    for (; rest % factor == 0; rest /= factor) fourier->factors[fourier->factor_count++] = factor;
  }
}

static number2 sum(number2 a, number2 b) { return (number2){a.re + b.re, a.im + b.im}; }
static number2 difference(number2 a, number2 b) { return (number2){a.re - b.re, a.im - b.im}; }
static number2 turned(number2 a) { return (number2){a.im, -a.re}; }
static number2 product(number2 a, number2 b) {
  return (number2){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static void pair(fourier *f, size_t from, size_t to, size_t part, size_t apart, size_t block) {
  number2 a = f->values[from], b = f->values[from + apart * part];
  f->other[to] = sum(a, b);
  f->other[to + apart] = product(difference(a, b), f->roots[apart * block]);
}

static void four(fourier *f, size_t from, size_t to, size_t part, size_t apart, size_t block) {
  size_t step = apart * part, root = apart * block;
  number2 a = f->values[from], b = f->values[from + step];
  number2 c = f->values[from + 2 * step], d = f->values[from + 3 * step];
  number2 even = sum(a, c), odd = sum(b, d), even_rest = difference(a, c), odd_rest = turned(difference(b, d));
  f->other[to] = sum(even, odd);
  f->other[to + apart] = product(sum(even_rest, odd_rest), f->roots[root]);
  f->other[to + 2 * apart] = product(difference(even, odd), f->roots[2 * root]);
  f->other[to + 3 * apart] = product(difference(even_rest, odd_rest), f->roots[3 * root]);
}

static void several(fourier *f, size_t factor, size_t from, size_t to, size_t part, size_t apart, size_t block) {
  for (size_t row = 0; row < factor; row++) {
    number2 all = {0, 0};
    for (size_t column = 0; column < factor; column++)
      all = sum(all, product(f->values[from + apart * part * column],
                             f->roots[row * column % factor * (f->size / factor)]));
    f->other[to + apart * row] = product(all, f->roots[apart * block * row]);
  }
}

void fourier_transform(fourier *f) {
  /* Sequences of `length`, interleaved `apart`; each stage takes a factor out of the length. */
  size_t length = f->size, apart = 1;
  for (size_t stage = 0; stage < f->factor_count; stage++) {
    size_t factor = f->factors[stage], part = length / factor;
    for (size_t block = 0; block < part; block++)
      for (size_t offset = 0; offset < apart; offset++) {
        size_t from = offset + apart * block, to = offset + apart * factor * block;
        if (factor == 2) pair(f, from, to, part, apart, block);
        else if (factor == 4) four(f, from, to, part, apart, block);
        else several(f, factor, from, to, part, apart, block);
      }
    number2 *values = f->values;
    f->values = f->other, f->other = values;
    length = part, apart *= factor;
  }
}
