import org.jspecify.annotations.NullMarked;

/// The command line of jloop: what the launcher script `jloop` starts.
@NullMarked
module jloop.cli {
    requires static org.jspecify;
    requires info.picocli;
    requires jdk.compiler;
    requires jloop;

    opens jloop.cli to info.picocli;    // it sets the fields of commands
}
