/// What a run of the benchmarks found: the one model of the results file, which the harness
/// writes and from which tables, pictures and pages are made.
@NullMarked
package jloop.bench.results;

import org.jspecify.annotations.NullMarked;
