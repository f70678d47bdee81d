#include "core/sequencer.h"
