/// From a file of results to pictures and words: [Plots] draws SVG files, [Tables] writes
/// Markdown, [Document] puts both into `docs/performance.md`.
@NullMarked
package jloop.bench.plot;

import org.jspecify.annotations.NullMarked;
