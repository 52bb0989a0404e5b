/// Order and time: the event loop, its callbacks and timers, futures, tasks and cancellation.
///
/// Everything here is for the loop's own thread only (its coroutines and callbacks count as
/// that), unless it says `@AnyThread`. The names are asyncio's; where one differs,
/// `docs/parity.md` says why.
@NullMarked
package jloop;

import org.jspecify.annotations.NullMarked;
