#ifndef HILLOCK_SERVER_CORE_BASE_BACKGROUND_THREAD_H_
#define HILLOCK_SERVER_CORE_BASE_BACKGROUND_THREAD_H_

#include <functional>

namespace hillock {

// Makes the calling thread give way to the process's other threads where they compete for a core.
// There is no way back. `contended` tells, on this thread, whether the others want every core;
// where it is empty YieldIfContended() does nothing.
void MarkBackgroundThread(std::function<bool()> contended);

// Leaves the core for a while if the calling thread yields to others, has had it for a fifth of a
// millisecond since it last left it, and the others want it: so that they have nine tenths of it,
// and never wait for long. To be called every now and then in work that takes longer.
//
// The scheduler alone does not do that: it lets even a thread of low priority keep a busy core for
// milliseconds once it has it, and a thread that has slept may run at once, for longer than its
// share, before it has to wait all the longer.
void YieldIfContended();

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_BACKGROUND_THREAD_H_
