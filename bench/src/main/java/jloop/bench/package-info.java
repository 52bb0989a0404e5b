/// The benchmark suite: servers of jloop and of its peers, each on one core, measured in turns.
@NullMarked
package jloop.bench;

import org.jspecify.annotations.NullMarked;
