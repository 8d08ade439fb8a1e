#pragma once
/// What the runtime asks of the CPU and of the system: files, memory, the way of floats. The kernels do
/// not read it, so that a change here compiles none of them.
#include "SluiceCPU.h"
#include "SluiceFile.h"
#include "SluiceFloats.h"
#include "SluiceModel.h"
#include "SluiceWorkspace.h"
