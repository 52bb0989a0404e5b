package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Which level a JVM gets, by its options.
class LevelTest {

    @Test
    void level_withoutOptions_isHandoffAndSaysHowToDoBetter() throws Exception {
        assertThat(program()).contains("level HANDOFF, slept")
                .contains("start java with --add-opens java.base/java.lang=ALL-UNNAMED");
    }

    @Test
    void level_withJavaLangOpen_isOpenedWithoutAWord() throws Exception {
        assertThat(program(FreshJvm.OPENS)).isEqualTo("level OPENED, slept");
    }

    @Test
    void level_trustedByProperty_needsNoOption() throws Exception {
        assertThat(program("-Djloop.level=TRUSTED")).isEqualTo("level TRUSTED, slept");
    }

    @Test
    void level_handoffByProperty_isTakenThoughOpenedIsThere() throws Exception {
        assertThat(program(FreshJvm.OPENS, "-Djloop.level=HANDOFF"))
                .isEqualTo("level HANDOFF, slept");
    }

    @Test
    void level_openedByPropertyButNotOpen_isRefused() throws Exception {
        assertThat(program("-Djloop.level=OPENED"))
                .contains("jloop.level=OPENED, but java.lang is not open");
    }

    @Test
    void level_unknown_isRefusedByName() throws Exception {
        assertThat(program("-Djloop.level=FASTEST"))
                .contains("jloop.level must be OPENED, TRUSTED or HANDOFF, not FASTEST");
    }

    /// What the program prints in a JVM with `options`.
    private static String program(String... options) throws Exception {
        return String.join("\n", FreshJvm.end(List.of(options), Sleeper.class).lines());
    }

    /// Sleeps for a moment on a loop.
    public static final class Sleeper {

        private Sleeper() { }

        public static void main(String[] arguments) {
            Asyncio.run(() -> {
                Asyncio.sleep(Duration.ofMillis(1));
                System.out.println("level " + Asyncio.getRunningLoop().level() + ", slept");
            });
        }
    }
}
