#pragma once
/// What benchmarks ask of the machine, and what it can do at most. No part of the runtime.
#include "SluiceBenchmark.h"
#include "SluiceLimits.h"
