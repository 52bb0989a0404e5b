package jloop.checks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// What neither the compiler nor a formatter looks at. Patterns are written so that they do not
/// match themselves.
final class Tidiness {

    static final int COLUMNS = 100;

    /// Shorter than a line of code: formatters break a long documentation line wrongly.
    static final int DOC_COLUMNS = 96;

    /// A call that has a better replacement here.
    record Ban(String name, Pattern call, String instead) {
        Ban(String name, String call, String instead) {
            this(name, Pattern.compile(call), instead);
        }
    }

    static final List<Ban> BANS = List.of(
            new Ban("currentTimeMillis", "System\\.currentTimeMillis\\(",
                    "loop time comes from Clock"),
            new Ban("nanoTime", "System\\.nanoTime\\(", "loop time comes from Clock"),
            new Ban("sleep", "Thread\\.sleep\\(", "tests use virtual time"),
            new Ban("thread", "new Thread\\(", "Thread.ofVirtual or ofPlatform, named"),
            new Ban("trace", "\\.printStackTrace\\(\\)",
                    "report through the loop's exception handler"));

    /// Words that no file may hold.
    private static final Map<Pattern, String> WORDS = words();

    private static Map<Pattern, String> words() {
        var words = new LinkedHashMap<Pattern, String>();
        words.put(Pattern.compile("\\b(TO[D]O|FIX[M]E|XX[X])\\b"), "left over: do it, or file it");
        words.put(
                Pattern.compile("\\b(repo1?[.]maven[.]|central[.]sonatype[.]|oss[.]sonatype[.]"
                        + "|registry[.](npmjs|yarnpkg)[.]|(deb|security)[.]debian[.]"
                        + "|pypi[.]org|pythonhosted[.]|crates[.]io|proxy[.]golang[.]"
                        + "|plugins[.]gradle[.]|rubygems[.]org)"),
                "the host of a package registry: builds take it from their own settings");
        return words;
    }

    private Tidiness() {}

    /// What is wrong with a file, one line each, as `file:line: what`.
    static List<String> complaints(String file, String text) {
        var found = new ArrayList<String>();
        var lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            var place = file + ":" + (i + 1) + ": ";
            var line = lines.get(i);
            WORDS.forEach((word, why) -> {
                if (word.matcher(line).find()) found.add(place + why);
            });
            if (isSource(file) && line.indexOf('\t') >= 0) found.add(place + "a tab");
            if (isSource(file) && line.endsWith(" ")) found.add(place + "white space at the end");
            if (file.endsWith(".java")) lineOfJava(file, line, place, found);
        }
        if (isSource(file) && !text.isEmpty() && !text.endsWith("\n")) {
            found.add(file + ": no line end at the end");
        }
        if (text.indexOf('\r') >= 0) found.add(file + ": a carriage return");
        return found;
    }

    private static void lineOfJava(String file, String line, String place, List<String> found) {
        var stripped = line.strip();
        int columns = stripped.startsWith("///") ? DOC_COLUMNS : COLUMNS;
        if (line.length() > columns) found.add(place + "longer than " + columns + " columns");
        if (isComment(stripped)) return;
        for (var ban : BANS) {
            if (ban.call().matcher(line).find() && !Allowed.calls(file, ban.name())) {
                found.add(place + ban.call() + " is banned: " + ban.instead());
            }
        }
    }

    private static boolean isComment(String stripped) {
        return stripped.startsWith("//") || stripped.startsWith("*") || stripped.startsWith("/*");
    }

    private static boolean isSource(String file) {
        return file.matches(".*\\.(java|xml|sh|md|api|yml)|\\.ci/run|jloop");
    }
}
