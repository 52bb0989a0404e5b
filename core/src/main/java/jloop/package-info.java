/// Order and time: the event loop with its callbacks and timers; tasks and futures, alone and
/// in groups; cancellation, time limits and scopes; locks, queues and channels; generators and
/// context variables.
///
/// [Asyncio] has the functions that programs import, [EventLoop] what belongs to a loop.
///
/// Everything here is for the loop's own thread only (its coroutines and callbacks count as
/// that), unless it says `@AnyThread`. What waits is called in a coroutine, and fails elsewhere
/// even if it need not wait. The names are asyncio's, for what it does not have trio's; where
/// one differs, `docs/parity.md` says why.
@NullMarked
package jloop;

import org.jspecify.annotations.NullMarked;
