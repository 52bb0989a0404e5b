package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParallelHashTest {

    // sha256sum says so too.
    private static final String OF_NOTHING =
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private static final String OF_ABC =
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    private static final String OF_A_MILLION_ZEROS =
            "d29751f2649b32ff572b5e0a9f541ea660a50f94ff0beedfb0b692b924cc8025";

    @Test
    void hash_ofATree_isInTheOrderOfItsNames(@TempDir Path folder) throws Exception {
        Path deep = Files.createDirectories(folder.resolve("m/n"));
        Path big = Files.write(folder.resolve("a"), new byte[1_000_000]);
        Path abc = Files.writeString(deep.resolve("b"), "abc");
        Files.createSymbolicLink(folder.resolve("link"), abc);
        Path last = Files.createFile(folder.resolve("z"));

        assertThat(Example.run("ParallelHash", folder.toString())).endsWith(
                OF_A_MILLION_ZEROS + "  " + big + "\n"
                + OF_ABC + "  " + abc + "\n"
                + OF_NOTHING + "  " + last + "\n");
    }
}
