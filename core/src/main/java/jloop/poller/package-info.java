/// The seam between a loop and the world: what a [jloop.poller.Poller] must do, and a
/// [jloop.poller.Clock]. Whoever drives a loop by other means (a toolkit, a simulation) gives
/// it one of each.
///
/// Failures are numbers here, as in the kernel itself: a result below zero is `-errno`, in the
/// numbers of Linux. Everything is for the loop's thread only, except
/// [jloop.poller.Poller#wake()] and [jloop.poller.Clock#nanos()].
@NullMarked
package jloop.poller;

import org.jspecify.annotations.NullMarked;
