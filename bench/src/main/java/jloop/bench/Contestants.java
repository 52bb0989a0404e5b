package jloop.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jloop.bench.results.BenchFailure;

/// All the contestants there are, by name, those of one family together.
final class Contestants {

    private final Map<String, Contestant> byName;

    private Contestants(Map<String, Contestant> byName) {
        this.byName = byName;
    }

    /// The contestants of the files `*.json` in a folder.
    static Contestants read(Path folder) {
        var byName = new LinkedHashMap<String, Contestant>();
        var files = new HashMap<String, Path>();
        for (var file : files(folder)) {
            for (var contestant : ContestantFile.read(file)) {
                var name = contestant.name();
                if (byName.putIfAbsent(name, contestant) != null) {
                    throw new BenchFailure(file + ": the name \"" + name + "\" is taken by "
                            + files.get(name) + ", expected another");
                }
                files.put(name, file);
            }
        }
        return new Contestants(byName);
    }

    private static List<Path> files(Path folder) {
        try (var all = Files.list(folder)) {
            return all.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        } catch (IOException e) {
            throw new BenchFailure("cannot read " + folder + ": " + e.getMessage(), e);
        }
    }

    List<Contestant> all() {
        return List.copyOf(byName.values());
    }

    /// Those that the patterns name, a pattern being a name or the start of one and `*`; with
    /// no pattern at all, those that need not be asked for.
    List<Contestant> chosen(List<String> patterns) {
        if (patterns.isEmpty()) {
            return byName.values().stream().filter(each -> !each.onlyIfAsked()).toList();
        }
        var chosen = new LinkedHashMap<String, Contestant>();
        for (var pattern : patterns) {
            var named = named(pattern);
            if (named.isEmpty()) {
                throw new BenchFailure("no contestant is named " + pattern + "; `--list` has them");
            }
            for (var contestant : named) chosen.put(contestant.name(), contestant);
        }
        return new ArrayList<>(chosen.values());
    }

    private List<Contestant> named(String pattern) {
        if (!pattern.endsWith("*")) {
            var contestant = byName.get(pattern);
            return contestant == null ? List.of() : List.of(contestant);
        }
        var start = pattern.substring(0, pattern.length() - 1);
        return byName.values().stream().filter(each -> each.name().startsWith(start)).toList();
    }
}
