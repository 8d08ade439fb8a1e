// A step of RTNeural's LSTM of a size that the compiler knows, on random weights, with the tanh that it has by
// default: rtneural, built with -DSIZE=1,8. Nanoseconds, the median of many rows of calls, as measure.c's.
#include <RTNeural/RTNeural.h>
#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

#include "SluiceLimits.h"

template <int inputs, int hidden>
static void measure() {
  static RTNeural::ModelT<float, inputs, hidden, RTNeural::LSTMLayerT<float, inputs, hidden>> model;
  std::mt19937 random(7);
  std::uniform_real_distribution<float> number(-0.2f, 0.2f);
  auto matrix = [&](int rows, int columns) {
    std::vector<std::vector<float>> all(rows, std::vector<float>(columns));
    for (auto &row : all) for (auto &value : row) value = number(random);
    return all;
  };
  auto &layer = model.template get<0>();
  layer.setWVals(matrix(inputs, 4 * hidden));
  layer.setUVals(matrix(hidden, 4 * hidden));
  std::vector<float> biases(4 * hidden);
  for (auto &value : biases) value = number(random);
  layer.setBVals(biases);
  model.reset();
  alignas(64) float x[4][(inputs + 15) / 16 * 16] = {};
  for (auto &row : x) for (int i = 0; i < inputs; i++) row[i] = number(random) * 5;
  std::vector<double> times;
  int calls = 64;
  volatile float kept = 0;
  for (int turn = 0; turn < 400; turn++) {
    uint64_t start = sluice_nanoseconds();
    for (int t = 0; t < calls; t++) kept = model.forward(x[t & 3]);
    times.push_back((double)(sluice_nanoseconds() - start) / calls);
    if (turn == 0) calls = std::max(4, (int)(20000 / (times[0] + 1)) & ~3), times.clear();
  }
  std::sort(times.begin(), times.end());
  std::printf("RTNeural lstm-%dx%d %.1f\n", inputs, hidden, times[times.size() / 2]);
}

int main() { measure<SIZE>(); }
