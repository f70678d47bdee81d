// edge/reasons.h: why the edge itself ends a call, for programs: Error::reason of what it hands to
// Router::Explain. A server whose interface names its reasons has these names in its list.
#pragma once

#include <string_view>

namespace yap::edge::reason {

inline constexpr std::string_view kRequestMalformed = "REQUEST_MALFORMED";
inline constexpr std::string_view kRequestTooLarge = "REQUEST_TOO_LARGE";
inline constexpr std::string_view kRequestCount = "REQUEST_COUNT";
inline constexpr std::string_view kMethodUnknown = "METHOD_UNKNOWN";
inline constexpr std::string_view kMetadataTooLarge = "METADATA_TOO_LARGE";
inline constexpr std::string_view kMetadataInvalid = "METADATA_INVALID";
inline constexpr std::string_view kCompressionUnsupported = "COMPRESSION_UNSUPPORTED";
inline constexpr std::string_view kDeadline = "DEADLINE";
inline constexpr std::string_view kQueueFull = "QUEUE_FULL";
inline constexpr std::string_view kAnswerNotTaken = "ANSWER_NOT_TAKEN";
inline constexpr std::string_view kShuttingDown = "SHUTTING_DOWN";

// All of them.
inline constexpr std::string_view kAll[] = {
    kRequestMalformed, kRequestTooLarge,        kRequestCount, kMethodUnknown, kMetadataTooLarge,
    kMetadataInvalid,  kCompressionUnsupported, kDeadline,     kQueueFull,     kAnswerNotTaken,
    kShuttingDown};

}  // namespace yap::edge::reason
