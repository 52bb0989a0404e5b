/// The kernel: pollers and system calls. Knows numbers (descriptors, operations, results) and
/// nothing of handles or tasks. Everything is for the loop's thread only, except
/// [jloop.poller.Poller#wake()].
///
/// Failures are numbers here, as in the kernel itself: a result below zero is `-errno`.
@NullMarked
package jloop.kernel;

import org.jspecify.annotations.NullMarked;
