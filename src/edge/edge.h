// edge/edge.h: the room's front door. A gRPC server over HTTP/2 that stays up in front of hostile
// clients and moves a broadcast's bytes without touching them; see README.md.
#pragma once

#include "edge/byte_source.h"
#include "edge/call.h"
#include "edge/handler.h"
#include "edge/limits.h"
#include "edge/server.h"
#include "edge/status.h"
