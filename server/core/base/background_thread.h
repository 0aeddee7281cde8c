// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_BACKGROUND_THREAD_H_
#define HILLOCK_SERVER_CORE_BASE_BACKGROUND_THREAD_H_

#include <functional>

namespace hillock {

// Marks the calling thread as background for the rest of its life: it gets a low priority, and
// YieldIfContended() leaves the core while `contended()`, which is called on this thread, says that
// the other threads want every core. With an empty `contended` YieldIfContended() does nothing.
void MarkBackgroundThread(std::function<bool()> contended);

// On a background thread that has run for a fifth of a millisecond since it last slept, and while
// the others want every core, sleeps nine times as long. Work that takes longer calls it every now
// and then. On any other thread it does nothing.
//
// A low priority alone is not enough: the kernel lets such a thread keep a busy core for
// milliseconds once it runs, and lets one that has slept run at once, for longer than its share.
void YieldIfContended();

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_BACKGROUND_THREAD_H_
