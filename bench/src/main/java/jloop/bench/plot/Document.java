package jloop.bench.plot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jloop.bench.plot.Plots.Picture;
import jloop.bench.results.Results;
import jloop.bench.results.ResultsFile;

/// A page whose figures come from a file of results: `docs/performance.md`.
///
/// What stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->` is written anew, for the
/// names `must-reach`, `ahead` and `results`; everything else is left as it is.
public final class Document {

    private Document() {}

    /// Writes the figures of the results into the page, and draws the pictures that the page
    /// then shows into the [#pictures] folder of the results.
    public static void write(Path page, Path results) throws IOException {
        var folder = pictures(results);
        var drawn = Plots.draw(results, folder);
        try (var files = Files.newDirectoryStream(folder, "*.svg")) {
            for (var file : files) {
                if (!drawn.contains(file)) Files.delete(file);      // of an earlier run
            }
        }
        Files.writeString(page, rewritten(page, results));
    }

    /// The page as [#write] would write it.
    static String rewritten(Path page, Path results) throws IOException {
        var found = ResultsFile.read(results);
        var text = Files.readString(page);
        text = between(text, "must-reach", Targets.markdown(found));
        text = between(text, "ahead", Ahead.markdown(found));
        return between(text, "results",
                report(found, link(page, pictures(results)), link(page, results)));
    }

    /// Where the pictures of a file of results are: `2026-01-01.json` has them in `2026-01-01`.
    public static Path pictures(Path results) {
        var name = results.getFileName().toString();
        return results.resolveSibling(name.endsWith(".json")
                ? name.substring(0, name.length() - ".json".length())
                : name + "-pictures");
    }

    private static String link(Path page, Path target) {
        var folder = page.toAbsolutePath().normalize().getParent();
        if (folder == null) throw new IllegalArgumentException("no page: " + page);
        return Stream.iterate(folder.relativize(target.toAbsolutePath().normalize()),
                        path -> path != null, Path::getParent)
                .map(path -> path.getFileName().toString().replace("%", "%25").replace(" ", "%20"))
                .collect(Collectors.collectingAndThen(Collectors.toList(),
                        names -> String.join("/", names.reversed())));
    }

    private static String between(String page, String name, String text) {
        var begin = "<!-- " + name + ":begin -->";
        var end = "<!-- " + name + ":end -->";
        var part = Pattern.compile(Pattern.quote(begin) + ".*?" + Pattern.quote(end),
                Pattern.DOTALL).matcher(page);
        if (!part.find()) {
            throw new IllegalArgumentException("the page has no " + begin + " with a " + end);
        }
        return part.replaceFirst(Matcher.quoteReplacement(begin + "\n\n" + text + end));
    }

    /// Pictures and tables, section by section. `folder` and `file` are the links to the
    /// pictures and to the results.
    static String report(Results results, String folder, String file) {
        var text = new StringBuilder("All figures below, and the pictures, come from [")
                .append(file.substring(file.lastIndexOf('/') + 1)).append("](").append(file)
                .append(").\n\n");
        var pictures = Plots.of(results);
        for (var section : Section.of(results)) {
            text.append("### ").append(Tables.cell(section.title())).append("\n\n")
                    .append(shown(section, pictures, folder))
                    .append(Tables.tables(section));
        }
        return text + Tables.about(results);
    }

    private static String shown(Section section, List<Picture> pictures, String folder) {
        return pictures.stream().filter(picture -> picture.section().equals(section.key()))
                .map(picture -> "![" + Tables.cell(picture.title()).replace("]", "\\]")
                        + "](" + folder + "/" + picture.file() + ")\n\n")
                .collect(Collectors.joining());
    }
}
