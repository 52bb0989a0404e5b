import org.jspecify.annotations.NullMarked;

/// Tests of programs that use jloop: virtual time, and a JUnit extension that looks for leaks.
@NullMarked
module jloop.testing {
    requires static org.jspecify;
    requires static org.junit.jupiter.api;      // for LoopExtension alone
    requires transitive jloop;

    exports jloop.testing;
}
