package jloop.checks;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The public face is what api/jloop.api says. A change there is a change for users: it needs a
/// file in changes/ too.
public class PublicFaceTest {

    private static final Path RECORDED = Repository.ROOT.resolve("api/jloop.api");

    private static final String REGENERATE =
            "mvn -B -q test -pl checks -am -Dapi.write";

    @Test
    void library_itsFace_isTheRecordedOne() throws Exception {
        var now = PublicFace.lines(Repository.CLASSES);
        assertThat(now).isNotEmpty();
        if (System.getProperty("api.write") != null) {
            Files.createDirectories(RECORDED.getParent());
            Files.write(RECORDED, now);
            return;
        }

        var before = Files.exists(RECORDED) ? Files.readAllLines(RECORDED) : List.<String>of();

        if (!now.equals(before)) {
            fail("the public face differs from api/jloop.api:\n%s\nIf it is meant, run\n  %s",
                    difference(before, now), REGENERATE);
        }
    }

    /// javac's `[exports]` lint would say so too, but it is off: it minds jspecify.
    @Test
    void library_itsFace_showsNoHiddenType() throws Exception {
        var face = PublicFace.lines(Repository.CLASSES);

        var exported = face.stream().filter(line -> !line.startsWith(" "))
                .map(line -> line.replaceFirst("(<.*| (extends|implements|permits) .*)$", ""))
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .collect(toSet());
        var allowed = Allowed.HIDDEN.stream().map(Allowed.Type::name).toList();
        var hidden = face.stream().filter(line -> !allowed.contains(line))
                .flatMap(line -> Pattern.compile("\\bjloop(\\.[\\w$]+)+").matcher(line).results())
                .map(MatchResult::group)
                .filter(type -> !exported.contains(type))
                .toList();

        assertThat(hidden).isEmpty();
        assertThat(face).containsAll(allowed);
    }

    @Test
    void face_ofAType_hasGenericsNullnessAndExceptions() {
        assertThat(PublicFace.describe(Sample.class)).containsExactly(
                "public abstract static sealed class jloop.checks.PublicFaceTest$Sample"
                        + "<T extends Comparable<T>> implements java.util.concurrent.Callable<T>"
                        + " permits jloop.checks.PublicFaceTest$Sample$Only",
                "  jloop.checks.PublicFaceTest$Sample: protected new(T...)",
                "  jloop.checks.PublicFaceTest$Sample: public abstract T call()"
                        + " throws java.io.IOException",
                "  jloop.checks.PublicFaceTest$Sample: public static <X extends Throwable>"
                        + " java.util.List<@Nullable String> all(X, String...) throws X",
                "  jloop.checks.PublicFaceTest$Sample: public static final int SIZE",
                "  jloop.checks.PublicFaceTest$Sample: public void inherited()");
    }

    @Test
    void difference_ofTwoFaces_showsBothSides() {
        assertThat(difference(List.of("a", "b"), List.of("b", "c"))).isEqualTo("- a\n+ c");
    }

    private static String difference(List<String> before, List<String> now) {
        var lines = new ArrayList<String>();
        before.stream().filter(line -> !now.contains(line)).forEach(l -> lines.add("- " + l));
        now.stream().filter(line -> !before.contains(line)).forEach(l -> lines.add("+ " + l));
        return String.join("\n", lines);
    }

    static class Hidden {
        public void inherited() {}

        void unseen() {}
    }

    public abstract static sealed class Sample<T extends Comparable<T>> extends Hidden
            implements Callable<T> {

        public static final int SIZE = 1;

        final int unseen = 2;

        @SafeVarargs
        protected Sample(T... values) {
            assert values.length > 0;
        }

        @Override
        public abstract T call() throws IOException;

        public static <X extends Throwable> List<@Nullable String> all(X failure, String... names)
                throws X {
            throw failure;
        }

        public abstract static non-sealed class Only extends Sample<String> {}
    }
}
