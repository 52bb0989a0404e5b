package jloop.bench.plot;

import java.io.StringReader;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import jloop.bench.results.Cell;
import jloop.bench.results.Machine;
import jloop.bench.results.Results;
import jloop.bench.results.ResultsFile;
import jloop.bench.results.Row;
import jloop.bench.results.Window;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

/// A small file of results with all that is awkward: cells that are missing, single rounds,
/// rounds that were disturbed or failed, a refused cell, a name that looks like markup.
final class Fixture {

    private Fixture() {}

    static Path file() {
        var resource = Fixture.class.getResource("/plot/results.json");
        if (resource == null) throw new AssertionError("no /plot/results.json");
        try {
            return Path.of(resource.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static Results results() {
        return ResultsFile.read(file());
    }

    static Results resultsOf(Row... rows) {
        return new Results("", "", new Machine("", 0, "", 0), new TreeMap<>(), "c-epoll",
                List.of(rows), List.of());
    }

    static Row row(String benchmark, String contestant, Window... windows) {
        return new Row(benchmark, Cell.EMPTY, contestant, Double.NaN, false, List.of(windows));
    }

    static Window seconds(double seconds) {
        return Window.of(0, 0, Map.of("seconds", seconds));
    }

    static String picture(String file) throws Exception {
        return Plots.of(results()).stream()
                .filter(picture -> picture.file().equals(file))
                .findFirst().orElseThrow(() -> new AssertionError("no picture " + file)).svg();
    }

    /// How many elements of a name have a class among their classes; it parses the picture.
    static long count(String svg, String element, String look) throws Exception {
        var found = parsed(svg).getElementsByTagName(element);
        long count = 0;
        for (int i = 0; i < found.getLength(); i++) {
            var classes = ((Element) found.item(i)).getAttribute("class");
            if ((" " + classes + " ").contains(" " + look + " ")) count++;
        }
        return count;
    }

    static Element parsed(String svg) throws Exception {
        return DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder()
                .parse(new InputSource(new StringReader(svg))).getDocumentElement();
    }
}
