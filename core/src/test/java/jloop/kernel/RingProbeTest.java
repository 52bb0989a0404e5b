package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import jloop.kernel.FaultySystemCalls.Call;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RingProbeTest {

    private static final int REGISTER_PROBE = 8;
    private static final int ALL = Integer.MAX_VALUE;

    @TempDir Path proc;
    final FaultySystemCalls calls = new FaultySystemCalls();
    long filesBefore;

    @BeforeEach
    void countFiles() {
        filesBefore = KernelFiles.count();
    }

    @AfterEach
    void leavesNoFiles() {
        calls.release();
        assertThat(KernelFiles.count()).isEqualTo(filesBefore);
    }

    private String ask() {
        return new RingProbe(calls, proc).ask();
    }

    private void write(String name, String text) throws IOException {
        Path file = proc.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private static String kernel() {
        return "kernel " + System.getProperty("os.version");
    }

    @Test
    void ask_whereNothingFails_findsNoRefusal() {
        assertThat(ask()).isNull();
        assertThat(calls.count(Call.URING_ENTER)).isEqualTo(1);
    }

    @Test
    void setup_notPermittedAndNoSysctlForbidsIt_isTheSeccompProfile() throws IOException {
        calls.fail(Call.URING_SETUP, 1, Errno.EPERM);
        write("sys/kernel/io_uring_disabled", "0\n");

        assertThat(ask()).isEqualTo("io_uring_setup: EPERM: operation not permitted; a seccomp"
                + " profile forbids it, as those of containers do: give one that allows"
                + " io_uring_setup, io_uring_enter and io_uring_register");
    }

    @Test
    void setup_notPermittedWithoutTheSysctl_isTheSeccompProfileToo() {
        calls.fail(Call.URING_SETUP, 1, Errno.EPERM);

        assertThat(ask()).contains("a seccomp profile forbids it");
    }

    @ParameterizedTest
    @CsvSource({"1, a member of the group kernel.io_uring_group", "2, set it to 0 by sysctl"})
    void setup_notPermittedBySysctl_namesIt(String disabled, String hint) throws IOException {
        calls.fail(Call.URING_SETUP, 1, Errno.EPERM);
        write("sys/kernel/io_uring_disabled", disabled + "\n");

        assertThat(ask()).startsWith("io_uring_setup: EPERM: operation not permitted;"
                        + " kernel.io_uring_disabled is " + disabled + ": ")
                .contains(hint);
    }

    @Test
    void setup_notKnown_isAnOldKernelOrASandbox() {
        calls.fail(Call.URING_SETUP, 1, Errno.ENOSYS);

        assertThat(ask()).isEqualTo("io_uring_setup: ENOSYS: not known to this system; "
                + kernel() + " has no io_uring, or a seccomp profile or sandbox hides it");
    }

    @Test
    void setup_withFlagsThatAreNotKnown_isAnOldKernel() {
        calls.fail(Call.URING_SETUP, 1, ALL, Errno.EINVAL);

        assertThat(ask()).isEqualTo("io_uring_setup: EINVAL: invalid argument; " + kernel()
                + " is too old: 6.1 or later is needed");
    }

    @Test
    void setup_bySecurityModule_saysSo() {
        calls.fail(Call.URING_SETUP, 1, Errno.EACCES);

        assertThat(ask()).contains("EACCES").contains("a security module");
    }

    @ParameterizedTest
    @EnumSource(value = Call.class, names = {"URING_SETUP", "MMAP"})
    void memory_notThere_namesTheLimit(Call call) throws IOException {
        calls.fail(call, 1, Errno.ENOMEM);
        write("self/limits", """
                Limit                     Soft Limit           Hard Limit           Units
                Max locked memory         65536                65536                bytes
                """);

        assertThat(ask()).contains("ENOMEM: out of memory; memory that may be locked"
                + " (ulimit -l): 65536 bytes; raise that, or the memory limit of the container");
    }

    @Test
    void memory_ofASecondMappingNotThere_isARefusalToo() {
        for (int nth = 2; nth <= 3; nth++) {
            calls.heal();
            calls.fail(Call.MMAP, calls.count(Call.MMAP) + nth, Errno.ENOMEM);

            assertThat(ask()).startsWith("mmap: ENOMEM").contains("(ulimit -l): unknown;");
        }
    }

    @Test
    void descriptors_noneLeft_isTold() {
        calls.fail(Call.URING_SETUP, 1, Errno.EMFILE);

        assertThat(ask()).isEqualTo("io_uring_setup: EMFILE: too many open files");
    }

    @Test
    void enter_notPermitted_isARefusal() {
        calls.fail(Call.URING_ENTER, 1, Errno.EPERM);

        assertThat(ask()).startsWith("io_uring_enter: EPERM").contains("seccomp");
    }

    @Test
    void register_notPermitted_isARefusal() {
        calls.fail(Call.URING_REGISTER, 1, ALL, Errno.EPERM);

        assertThat(ask()).startsWith("io_uring_register: EPERM").contains("seccomp");
    }

    @Test
    void buffers_notKnown_areARefusal() {
        new RingProbe(calls, proc).ask();
        int registered = calls.count(Call.URING_REGISTER);      // the buffers are the last of it
        calls.fail(Call.URING_REGISTER, 2 * registered, Errno.EINVAL);

        assertThat(ask()).startsWith("io_uring_register of buffers: EINVAL").contains("too old");
    }

    @Test
    void operation_notKnown_isNamed() {
        SystemCalls lacking = new SystemCalls() {
            @Override
            public int uringRegister(int ring, int what, MemorySegment argument, int count) {
                int result = super.uringRegister(ring, what, argument, count);
                if (what == REGISTER_PROBE)         // ACCEPT, struct io_uring_probe_op of it
                    argument.set(ValueLayout.JAVA_SHORT, 16 + 13 * 8 + 2, (short) 0);
                return result;
            }
        };

        assertThat(new RingProbe(lacking, proc).ask())
                .isEqualTo("io_uring of " + kernel() + " lacks [ACCEPT]");
        lacking.release();
    }
}
