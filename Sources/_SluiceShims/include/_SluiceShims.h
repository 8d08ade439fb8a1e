#pragma once
/// What Swift cannot spell, as static inline C: nothing here holds logic of its own.
#include "SluiceBenchmark.h"
#include "SluiceCPU.h"
#include "SluiceCompact.h"
#include "SluiceFile.h"
#include "SluiceLayer.h"
#include "SluiceLimits.h"
#include "SluiceModel.h"
#include "SluiceVector.h"
