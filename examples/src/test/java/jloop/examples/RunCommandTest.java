package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RunCommandTest {

    @Test
    void output_ofBothStreams_isShownByTheLineAndThenTheEnd() throws Exception {
        assertThat(Example.run("RunCommand", "sh", "-c", "echo one; echo two >&2; exit 7").lines())
                .containsExactlyInAnyOrder("out: one", "err: two", "ended with 7")
                .endsWith("ended with 7");
        assertThat(Example.run("RunCommand", "sh", "-c", "kill -TERM $$"))
                .isEqualTo("ended by signal 15\n");
        assertThat(Example.run("RunCommand", "no-such-program"))
                .startsWith("cannot run it: no-such-program");
    }

    @Test
    void interrupt_endsAProgramThatDoesNotMind() throws Exception {
        try (var example = Example.start("RunCommand", "sh", "-c",
                "trap '' INT TERM; echo $$; while :; do sleep 0.1; done")) {
            long pid = Long.parseLong(example.lineWith("out: ").substring(5));
            var program = ProcessHandle.of(pid).orElseThrow();

            example.interrupt();
            program.onExit().get(20, TimeUnit.SECONDS);
            assertThat(List.of(program.isAlive())).containsExactly(false);
        }
    }
}
