#pragma once
/// The instructions that Swift cannot spell, as static inline C. Read by the kernels alone.
#include "SluiceCompact.h"
#include "SluiceVector.h"
