// core/reasons.h: why a call failed, for programs: Error::reason wherever an error reaches a
// client. The same names as the Reason enum of proto/yap/v1/errors.proto, which says what each
// means and what to do; docs/errors.md is made from it.
#pragma once

#include <string_view>

namespace yap::core::reason {

// The request.
inline constexpr std::string_view kFieldRequired = "FIELD_REQUIRED";
inline constexpr std::string_view kFieldInvalid = "FIELD_INVALID";
inline constexpr std::string_view kRequestMalformed = "REQUEST_MALFORMED";
inline constexpr std::string_view kRequestTooLarge = "REQUEST_TOO_LARGE";
inline constexpr std::string_view kListTooLong = "LIST_TOO_LONG";
inline constexpr std::string_view kPageSizeInvalid = "PAGE_SIZE_INVALID";
inline constexpr std::string_view kPageTokenInvalid = "PAGE_TOKEN_INVALID";
inline constexpr std::string_view kKeyInvalid = "KEY_INVALID";
inline constexpr std::string_view kMethodUnknown = "METHOD_UNKNOWN";
inline constexpr std::string_view kServiceUnknown = "SERVICE_UNKNOWN";
inline constexpr std::string_view kRequestCount = "REQUEST_COUNT";
inline constexpr std::string_view kMetadataTooLarge = "METADATA_TOO_LARGE";
inline constexpr std::string_view kMetadataInvalid = "METADATA_INVALID";
inline constexpr std::string_view kCompressionUnsupported = "COMPRESSION_UNSUPPORTED";

// The server.
inline constexpr std::string_view kDeadline = "DEADLINE";
inline constexpr std::string_view kQueueFull = "QUEUE_FULL";
inline constexpr std::string_view kStoreUnavailable = "STORE_UNAVAILABLE";
inline constexpr std::string_view kStoreFull = "STORE_FULL";
inline constexpr std::string_view kStoreCorrupt = "STORE_CORRUPT";
inline constexpr std::string_view kWriteConflict = "WRITE_CONFLICT";
inline constexpr std::string_view kAnswerNotTaken = "ANSWER_NOT_TAKEN";
inline constexpr std::string_view kShuttingDown = "SHUTTING_DOWN";
inline constexpr std::string_view kUpstreamUnavailable = "UPSTREAM_UNAVAILABLE";
inline constexpr std::string_view kInternalError = "INTERNAL_ERROR";
inline constexpr std::string_view kPeerUntrusted = "PEER_UNTRUSTED";

// Names and passwords.
inline constexpr std::string_view kNameInvalid = "NAME_INVALID";
inline constexpr std::string_view kNameReserved = "NAME_RESERVED";
inline constexpr std::string_view kNameTaken = "NAME_TAKEN";
inline constexpr std::string_view kPasswordTooShort = "PASSWORD_TOO_SHORT";
inline constexpr std::string_view kPasswordTooLong = "PASSWORD_TOO_LONG";
inline constexpr std::string_view kPasswordCommon = "PASSWORD_COMMON";

// Registration and login.
inline constexpr std::string_view kRegistrationClosed = "REGISTRATION_CLOSED";
inline constexpr std::string_view kInviteRequired = "INVITE_REQUIRED";
inline constexpr std::string_view kInviteInvalid = "INVITE_INVALID";
inline constexpr std::string_view kRegistrationThrottled = "REGISTRATION_THROTTLED";
inline constexpr std::string_view kHashingBusy = "HASHING_BUSY";
inline constexpr std::string_view kWrongCredentials = "WRONG_CREDENTIALS";
inline constexpr std::string_view kLoginThrottled = "LOGIN_THROTTLED";
inline constexpr std::string_view kAccountLocked = "ACCOUNT_LOCKED";

// Tokens and sessions.
inline constexpr std::string_view kTokenMissing = "TOKEN_MISSING";
inline constexpr std::string_view kTokenInvalid = "TOKEN_INVALID";
inline constexpr std::string_view kTokenExpired = "TOKEN_EXPIRED";
inline constexpr std::string_view kSessionExpired = "SESSION_EXPIRED";
inline constexpr std::string_view kSessionRevoked = "SESSION_REVOKED";
inline constexpr std::string_view kRefreshReused = "REFRESH_REUSED";
inline constexpr std::string_view kSessionNotFound = "SESSION_NOT_FOUND";
inline constexpr std::string_view kPermissionRequired = "PERMISSION_REQUIRED";

// Channels and members.
inline constexpr std::string_view kChannelNotFound = "CHANNEL_NOT_FOUND";
inline constexpr std::string_view kUserNotFound = "USER_NOT_FOUND";
inline constexpr std::string_view kMemberNotFound = "MEMBER_NOT_FOUND";
inline constexpr std::string_view kNotAMember = "NOT_A_MEMBER";
inline constexpr std::string_view kRoleTooLow = "ROLE_TOO_LOW";
inline constexpr std::string_view kBanned = "BANNED";
inline constexpr std::string_view kLastOwner = "LAST_OWNER";
inline constexpr std::string_view kChannelFull = "CHANNEL_FULL";
inline constexpr std::string_view kTooManyChannels = "TOO_MANY_CHANNELS";
inline constexpr std::string_view kDirectChannelFixed = "DIRECT_CHANNEL_FIXED";
inline constexpr std::string_view kInboxFixed = "INBOX_FIXED";
inline constexpr std::string_view kTargetIsSelf = "TARGET_IS_SELF";

// Messages.
inline constexpr std::string_view kTextEmpty = "TEXT_EMPTY";
inline constexpr std::string_view kTextTooLong = "TEXT_TOO_LONG";
inline constexpr std::string_view kTextTooManyLines = "TEXT_TOO_MANY_LINES";
inline constexpr std::string_view kTextInvalidUtf8 = "TEXT_INVALID_UTF8";
inline constexpr std::string_view kTextForbiddenCharacter = "TEXT_FORBIDDEN_CHARACTER";
inline constexpr std::string_view kTextTooManyMarks = "TEXT_TOO_MANY_MARKS";
inline constexpr std::string_view kReplyTargetInvalid = "REPLY_TARGET_INVALID";
inline constexpr std::string_view kKeyReused = "KEY_REUSED";
inline constexpr std::string_view kRetryTooLate = "RETRY_TOO_LATE";
inline constexpr std::string_view kUserRate = "USER_RATE";
inline constexpr std::string_view kChannelRate = "CHANNEL_RATE";

// Reading.
inline constexpr std::string_view kTooManyCursors = "TOO_MANY_CURSORS";
inline constexpr std::string_view kCursorInvalid = "CURSOR_INVALID";
inline constexpr std::string_view kTooManyStreams = "TOO_MANY_STREAMS";

// All of them.
inline constexpr std::string_view kAll[] = {kFieldRequired,
                                            kFieldInvalid,
                                            kRequestMalformed,
                                            kRequestTooLarge,
                                            kListTooLong,
                                            kPageSizeInvalid,
                                            kPageTokenInvalid,
                                            kKeyInvalid,
                                            kMethodUnknown,
                                            kServiceUnknown,
                                            kRequestCount,
                                            kMetadataTooLarge,
                                            kMetadataInvalid,
                                            kCompressionUnsupported,
                                            kDeadline,
                                            kQueueFull,
                                            kStoreUnavailable,
                                            kStoreFull,
                                            kStoreCorrupt,
                                            kWriteConflict,
                                            kAnswerNotTaken,
                                            kShuttingDown,
                                            kUpstreamUnavailable,
                                            kInternalError,
                                            kPeerUntrusted,
                                            kNameInvalid,
                                            kNameReserved,
                                            kNameTaken,
                                            kPasswordTooShort,
                                            kPasswordTooLong,
                                            kPasswordCommon,
                                            kRegistrationClosed,
                                            kInviteRequired,
                                            kInviteInvalid,
                                            kRegistrationThrottled,
                                            kHashingBusy,
                                            kWrongCredentials,
                                            kLoginThrottled,
                                            kAccountLocked,
                                            kTokenMissing,
                                            kTokenInvalid,
                                            kTokenExpired,
                                            kSessionExpired,
                                            kSessionRevoked,
                                            kRefreshReused,
                                            kSessionNotFound,
                                            kPermissionRequired,
                                            kChannelNotFound,
                                            kUserNotFound,
                                            kMemberNotFound,
                                            kNotAMember,
                                            kRoleTooLow,
                                            kBanned,
                                            kLastOwner,
                                            kChannelFull,
                                            kTooManyChannels,
                                            kDirectChannelFixed,
                                            kInboxFixed,
                                            kTargetIsSelf,
                                            kTextEmpty,
                                            kTextTooLong,
                                            kTextTooManyLines,
                                            kTextInvalidUtf8,
                                            kTextForbiddenCharacter,
                                            kTextTooManyMarks,
                                            kReplyTargetInvalid,
                                            kKeyReused,
                                            kRetryTooLate,
                                            kUserRate,
                                            kChannelRate,
                                            kTooManyCursors,
                                            kCursorInvalid,
                                            kTooManyStreams};

}  // namespace yap::core::reason
