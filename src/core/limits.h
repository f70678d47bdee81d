// core/limits.h: every bound of the rules and of the log, with its reason. docs/limits.md is made
// from this file: one constant a line, its comment above it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace yap::core {

using namespace std::chrono_literals;  // NOLINT: literals only.

// --- What people write ---
// Bytes of a message's text after normalisation: a long log excerpt still fits.
inline constexpr std::size_t kTextBytesMax = 16 * 1024;
// Lines of a message: a screenful of a large terminal, many times.
inline constexpr std::size_t kTextLinesMax = 400;
// Combining marks per base character: natural scripts stay under it, "zalgo" does not.
inline constexpr std::size_t kTextMarksMax = 8;
// Bytes of a channel's topic: one line of a wide terminal, in any script.
inline constexpr std::size_t kTopicBytesMax = 512;
// Bytes of a display name.
inline constexpr std::size_t kDisplayNameBytesMax = 128;
// Bytes of the name a device gives itself at login.
inline constexpr std::size_t kDeviceNameBytesMax = 128;

// --- Accounts ---
// Password length in characters; the lower bound is configuration (accounts.password_min).
inline constexpr std::size_t kPasswordMinDefault = 12;
inline constexpr std::size_t kPasswordMax = 128;
// Sessions of one user; the oldest goes when one more is opened.
inline constexpr std::size_t kSessionsPerUserMax = 10;
// How long an access token is good: short, because a refresh costs one round trip.
inline constexpr auto kAccessTokenLife = 15min;
// Access tokens of one session that are good at once: several programs of one device may each have
// renewed. One more takes the place of the one that expires first.
inline constexpr std::size_t kAccessTokensPerSessionMax = 8;
// Refreshes of one session per hour: it needs one per life of an access token and program, and each
// is a write.
inline constexpr std::size_t kRefreshesPerHour = 240;
// A session unused for this long ends …
inline constexpr auto kSessionIdleMax = 30 * 24h;
// … and none lives longer than this.
inline constexpr auto kSessionLifeMax = 90 * 24h;
// How long an access token is good without asking the store: half of what C10 allows until a
// revocation is felt everywhere, so that a gateway can spend the other half.
inline constexpr auto kAuthCacheLife = 1s;
// Access tokens known from memory, about 300 bytes each: as many as are used in one second.
inline constexpr std::size_t kAuthCacheMax = 32'768;
// What the first failed login beyond the free ones costs in waiting; each further one doubles it …
inline constexpr auto kLoginDelayFirst = 1s;
// … up to this: 96 guesses a day.
inline constexpr auto kLoginDelayMax = 15min;
// Failures are forgotten this long after the last one: waiting for that allows fewer guesses than
// going on slowly.
inline constexpr auto kLoginFailuresKept = 24h;
// Names whose failed logins are counted, about 250 bytes each.
inline constexpr std::size_t kThrottledNamesMax = 65'536;
// Addresses whose logins or registrations are counted, about 200 bytes each.
inline constexpr std::size_t kThrottledAddressesMax = 65'536;
// Questions whether a name is free, per hour and address: choosing one takes a few, a list of who
// is here takes thousands.
inline constexpr std::size_t kNameQuestionsPerHour = 60;
// How often a refresh that met another one reads again: each time one of the two has succeeded.
inline constexpr int kRefreshTriesMax = 8;
// How often a change of a user's record that met another one is made again.
inline constexpr int kUserWriteTriesMax = 8;
// How long a call that ended sessions waits for the user's inbox to be told of it: it is a
// courtesy.
inline constexpr auto kInboxNoticeMax = 2s;
// How long what must follow a write may take where the call's own time is over: ending the sessions
// of an old password, giving back the use of an invitation. A few rounds through a slow store.
inline constexpr auto kFollowUpPatience = 5s;
// Ends of sessions that are entered into the system log at once: they share an append.
inline constexpr std::size_t kRevocationsAtOnceMax = 64;
// Sessions that are deleted and still to be entered, about 50 bytes each. Nothing more is swept
// while any are left, so only those pushed out by new logins add to them while the log is down.
inline constexpr std::size_t kUnrecordedEndsMax = 10'000;
// Users of one GetUsers.
inline constexpr std::size_t kUsersPerCallMax = 100;

// --- Channels ---
// Members of one channel.
inline constexpr std::size_t kChannelMembersMax = 100'000;
// Channels one user can be in.
inline constexpr std::size_t kJoinedChannelsMax = 1'000;
// Rows of one answer, unless the request asks for fewer; and at most.
inline constexpr std::size_t kPageSizeDefault = 50;
inline constexpr std::size_t kPageSizeMax = 200;

// --- Rates (defaults; configuration can change them) ---
// Messages per second of one user, and the burst that a quick exchange needs.
inline constexpr double kUserSendsPerSecond = 5;
inline constexpr double kUserSendBurst = 20;
// Messages per second of one channel, and its burst.
inline constexpr double kChannelSendsPerSecond = 50;
inline constexpr double kChannelSendBurst = 100;
// Users whose rate is remembered; those idle for a full burst are forgotten first.
inline constexpr std::size_t kRateUsersMax = 100'000;
// Read positions are events; more than one per 2 s, user and channel would be noise.
inline constexpr auto kReadMovedInterval = 2s;
// Read positions whose next event waits for its interval, of all users together.
inline constexpr std::size_t kReadMarksMax = 100'000;

// --- The log ---
// Drafts of one append: one fsync for all of them; larger groups gain little.
inline constexpr std::size_t kAppendBatchMax = 64;
// Bytes of text in one append: a conditional batch of a cluster store is bounded.
inline constexpr std::size_t kAppendBatchBytesMax = 256 * 1024;
// Events of one read.
inline constexpr std::size_t kReadPageMax = 1'000;
// Bytes of events of one read (the last may go over): what a page may hold in memory.
inline constexpr std::size_t kReadPageBytesMax = 256 * 1024;
// Writes that wait for one channel's sequencer; more is ResourceExhausted "QUEUE_FULL".
inline constexpr std::size_t kSequencerQueueMax = 512;
// Channels whose state is kept in memory; idle ones beyond it are dropped, least recently used
// first.
inline constexpr std::size_t kActiveChannelsMax = 10'000;
// How long a sequencer goes on after losing the compare-and-set to another writer.
inline constexpr auto kConflictRetryMax = 3s;
// Longest pause between two such tries; the pause is random, so that two writers part.
inline constexpr auto kConflictPauseMax = 50ms;
// How long a sequencer tries one append whose outcome stays unknown: a store that is down refuses
// within this (contract line C8).
inline constexpr auto kAppendPatience = 2s;
// Pause between two such tries.
inline constexpr auto kAppendRetryPause = 50ms;
// Keys of one batch that are looked up at once: a whole batch takes as long as four one after the
// other, and other channels have their turn at the store.
inline constexpr std::size_t kKeyLookUpsAtOnce = 16;
// How long the store may take to tell all that is known of one channel, its members first of all.
// Writes do not wait for it beyond kAppendPatience.
inline constexpr auto kLoadPatience = 60s;
// Events of one channel whose effects are not yet in the inboxes; more joins, leaves and removals
// are ResourceExhausted "QUEUE_FULL".
inline constexpr std::size_t kPendingEffectsMax = 4'096;
// Pause before an effect that failed is tried again: from, doubling, to.
inline constexpr auto kEffectPauseMin = 100ms;
inline constexpr auto kEffectPauseMax = 5s;
// How long one try may take.
inline constexpr auto kEffectPatience = 5s;
// Channels whose effects are replayed in one round at start.
inline constexpr std::size_t kReplayChannelsMax = 100;
// Names of channels whose id is remembered.
inline constexpr std::size_t kNameCacheMax = 100'000;
// Channels of which a chat-service knows that it appended to them, about 100 bytes each: a gateway
// that asks for more compares the heads of all it watches.
inline constexpr std::size_t kJournalChannelsMax = 65'536;
// An event's shown time is at most this far ahead of the clock, however far ahead the previous one
// is.
inline constexpr auto kTimeAheadMax = 5min;

}  // namespace yap::core
