package jloop.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The text of every file: width, white space, banned calls, leftovers.
class TidyTest {

    @Test
    void files_allOfThem_areTidy() {
        var files = Repository.files();
        assertThat(files).anyMatch(file -> file.startsWith("core/src/main/java/"));

        var untidy = files.stream()
                .flatMap(file -> Tidiness.complaints(file, Repository.text(file)).stream())
                .toList();

        assertThat(String.join("\n", untidy)).isEmpty();
    }

    @Test
    void allowedCalls_allOfThem_areStillMade() {
        var stale = Allowed.CALLS.stream().filter(call -> {
            var ban = Tidiness.BANS.stream().filter(b -> b.name().equals(call.ban())).findAny();
            return ban.isEmpty()
                    || !Files.exists(Repository.ROOT.resolve(call.file()))
                    || !ban.get().call().matcher(Repository.text(call.file())).find();
        });

        assertThat(stale.toList()).isEmpty();
    }

    @Test
    void tour_everyFileItNames_exists() {
        if (!Files.exists(Repository.ROOT.resolve("TOUR.md"))) return;
        var files = Repository.files();

        var named = Tour.places(Repository.text("TOUR.md"));

        assertThat(named).isNotEmpty();
        assertThat(named).allSatisfy(place -> assertThat(Tour.isIn(files, place))
                .as("TOUR.md names " + place).isTrue());
    }

    @Test
    void tour_pathsLinksAndTypes_areFound() {
        var text = """
                1 `jloop/Handle` and [the guide](docs/guide.md#start), see `jloop.io/Streams.open`,
                2 `core/src/main/java/jloop/Loop.java`, [asyncio](https://example.org/x.java)
                """;

        var places = Tour.places(text);

        assertThat(places).containsExactlyInAnyOrder("jloop/Handle", "docs/guide.md",
                "jloop.io/Streams.open", "core/src/main/java/jloop/Loop.java");
        var files = List.of("core/src/main/java/jloop/io/Streams.java", "docs/guide.md");
        assertThat(places).filteredOn(place -> Tour.isIn(files, place))
                .containsExactlyInAnyOrder("docs/guide.md", "jloop.io/Streams.open");
    }

    @Test
    void complaints_untidyLines_namesEach() {
        var text = """
                class A {
                \tint tab;
                    long end;\s
                    /// %s
                    // %s
                    // System.nanoTime() in a comment is fine
                    long now = System%s();
                    // %s
                    // https://%s.apache.org
                }""".formatted(
                "d".repeat(100), "c".repeat(100), ".nanoTime", "TO" + "DO", "repo" + ".maven");

        var found = Tidiness.complaints("core/A.java", text);

        assertThat(found).hasSize(8);
        assertThat(found.stream().map(line -> line.replaceAll(": .*", "")))
                .containsExactly("core/A.java:2", "core/A.java:3", "core/A.java:4", "core/A.java:5",
                        "core/A.java:7", "core/A.java:8", "core/A.java:9", "core/A.java");
    }

    /// What TOUR.md points at: links, paths in code spans, and types as `package/Type`.
    private static final class Tour {

        private static final Pattern PLACE = Pattern.compile(
                "]\\((?!\\w+:)([^)#\\s]+)|`([\\w./-]+\\.(?:java|md|sh|xml|api))`"
                        + "|`(jloop[.\\w]*/\\w+(?:\\.\\w+)?)(?:\\([^`]*)?`");

        static List<String> places(String text) {
            var places = new TreeSet<String>();
            PLACE.matcher(text).results().forEach(found -> {
                for (int group = 1; group <= 3; group++) {
                    if (found.group(group) != null) places.add(found.group(group));
                }
            });
            return List.copyOf(places);
        }

        static boolean isIn(List<String> files, String place) {
            if (files.contains(place) || files.stream().anyMatch(f -> f.startsWith(place + "/"))) {
                return true;
            }
            int slash = place.indexOf('/');
            if (slash < 0) return false;
            var type = place.substring(slash + 1).replaceAll("\\..*", "");
            var path = "/" + place.substring(0, slash).replace('.', '/') + "/" + type + ".java";
            return files.stream().anyMatch(file -> file.endsWith(path));
        }
    }
}
