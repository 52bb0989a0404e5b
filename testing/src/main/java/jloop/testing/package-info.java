/// Loops to test on: their time is virtual, and what a test leaves on them fails it.
@NullMarked
package jloop.testing;

import org.jspecify.annotations.NullMarked;
