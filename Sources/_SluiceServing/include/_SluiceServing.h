#pragma once
/// What the daemon shares with others: messages and states, to the byte; and the sockets of Linux as Swift cannot
/// call them: macros, control messages and packed structs.
#include "SluiceMessages.h"
#include "SluiceSockets.h"
#include "SluiceSlots.h"
#include "SluiceSignals.h"
