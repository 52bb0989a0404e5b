package jloop.checks;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The library keeps the rules of [Architecture], and every rule can fail.
class ArchitectureTest {

    private static final String BAD = "jloop.checks.fixtures";

    /// The fixture that breaks each rule, and no other rule needs to.
    private static final Map<String, String> BREAKERS = Map.ofEntries(
            Map.entry("the seam depends on nothing of ours", "poller.Leaning"),
            Map.entry("the kernel depends on nothing of ours but the seam", "kernel.Climber"),
            Map.entry("order and time know nothing of bytes, but for the facade", "Nosy"),
            Map.entry("packages form no cycle, but for the facade", "Nosy"),
            Map.entry("foreign memory and functions are the kernel's", "io.Foreign"),
            Map.entry("a library does not print", "io.Printer"),
            Map.entry("a library does not print through IO", "io.Printer"),
            Map.entry("names say what a thing is", "io.BaseUtils"),
            Map.entry("static fields do not change", "io.Counter"),
            Map.entry("class chains are short", "io.Chain$Third"),
            Map.entry("no locks", "io.Locked"),
            Map.entry("no synchronized", "io.Locked"),
            Map.entry("the carrier takes no lock", "Carrier$Part"),
            Map.entry("the carrier is not synchronized", "Carrier.step"),
            Map.entry("the carrier writes no log line", "Carrier"));

    private final Architecture house = new Architecture("jloop", Allowed.CARRIER_CLASSES,
            Allowed.LOCKS, Allowed.STATICS, Allowed.NAMES);

    private final Architecture badHouse = new Architecture(BAD, Set.of(BAD + ".Carrier"),
            List.of(new Allowed.Type(BAD + ".Carrier", "has rules of its own"),
                    new Allowed.Type(BAD + ".Asyncio", "needs none")),
            List.of(), List.of());

    @TestFactory
    Stream<DynamicTest> library_eachRule_isKept() {
        var code = Code.in(Repository.CLASSES);
        assertThat(code.models()).isNotEmpty();

        return house.rules().stream().map(rule -> dynamicTest(rule.name(),
                () -> assertThat(String.join("\n", rule.broken().apply(code))).isEmpty()));
    }

    @Test
    void exceptions_allOfThem_areNeeded() {
        assertThat(house.stale(Code.in(Repository.CLASSES))).isEmpty();
    }

    @TestFactory
    Stream<DynamicTest> fixtures_eachRule_isBroken() throws Exception {
        var code = fixtures();
        var rules = badHouse.rules().stream()
                .collect(toMap(Architecture.Rule::name, Architecture.Rule::broken));
        assertThat(rules.keySet()).isEqualTo(BREAKERS.keySet());

        return rules.entrySet().stream().map(rule -> dynamicTest(rule.getKey(), () -> {
            var broken = String.join("\n", rule.getValue().apply(code));
            assertThat(broken).contains(BAD + "." + BREAKERS.get(rule.getKey()));
            assertThat(broken).doesNotContain(BAD + ".Asyncio.");
        }));
    }

    @Test
    void staleException_isFound() throws Exception {
        assertThat(badHouse.stale(fixtures())).containsExactly(BAD + ".Asyncio needs no exception");
    }

    private Code fixtures() throws Exception {
        var classes = getClass().getProtectionDomain().getCodeSource().getLocation();
        return Code.in(Path.of(classes.toURI()).resolve(BAD.replace('.', '/')));
    }
}
