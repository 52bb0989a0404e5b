package jloop.bench;

/// A contestant, or a benchmark, that could not be measured.
record Skipped(String contestant, String why) {}
