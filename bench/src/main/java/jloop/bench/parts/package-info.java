/// Parts of jloop by themselves, under JMH.
@NullMarked
package jloop.bench.parts;

import org.jspecify.annotations.NullMarked;
