package jloop.bench;

import java.util.List;
import java.util.Set;

/// A program that is measured: how it is started, and what it can do.
///
/// @param name what `--with` names it by
/// @param family what it is built with; the name of its file if that says nothing else
/// @param jvm whether it needs seconds of load until its compiler is done
/// @param serves what it can be as a server: [#ECHO], [#SINK], [#HTTP]
/// @param unix whether its address may be the path of a unix socket
/// @param sched the scheduling cases that it knows
/// @param argv its command, with placeholders
/// @param schedArgv its command for a scheduling case
/// @param version the command whose first line of output is its version; empty if there is none
/// @param needs what to install where it does not start
/// @param onlyIfAsked whether it takes part only if `--with` names it
record Contestant(
        String name,
        String title,
        String family,
        boolean jvm,
        Set<String> serves,
        boolean unix,
        Set<String> sched,
        List<String> argv,
        List<String> schedArgv,
        List<String> version,
        String needs,
        boolean onlyIfAsked) {

    static final String ECHO = "echo";
    static final String SINK = "sink";
    static final String HTTP = "http";

    /// The family whose programs print a line and end.
    static final String START = "start";

    Contestant {
        serves = Set.copyOf(serves);
        sched = Set.copyOf(sched);
        argv = List.copyOf(argv);
        schedArgv = List.copyOf(schedArgv);
        version = List.copyOf(version);
    }

    boolean starts() {
        return family.equals(START);
    }
}
