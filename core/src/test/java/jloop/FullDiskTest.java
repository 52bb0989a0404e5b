package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk of 64 KiB, in a mount namespace of its own.
class FullDiskTest {

    @Test
    void fullDisk_isToldAndTheRestIsThere(@TempDir Path folder) throws Exception {
        FreshJvm.Ended ended = FreshJvm.end(
                List.of("unshare", "--mount", "sh", "-c",
                        "mount -t tmpfs -o size=64k small \"$0\" && exec \"$@\"",
                        folder.toString()),
                FreshJvm.ofThisLevel(), FullDisk.class, folder.toString());

        assertThat(ended.lines()).containsExactly("No space left on device", "true",
                "No space left on device", "old [big, old]", "20000");
        assertThat(ended.status()).isZero();
    }
}
