package jloop.bench.plot;

import java.util.Locale;

/// An SVG picture under construction.
///
/// The same calls give the same bytes on every machine. Colours come from classes in one style
/// sheet that knows light and dark, and the picture brings its own background, so that it is
/// readable on any page. Text stays text, in whatever sans-serif font the reader has.
///
/// **Why not a library**: XChart was tried. It measures text with AWT, which fails on a JDK
/// without fontconfig and fonts ("Fontconfig head is null"); where there are fonts, text
/// becomes outlines of the glyphs of that machine, 130 KB for six bars, in colours for white
/// paper only. And its whiskers reach as far down as up, which those from a minimum to a
/// maximum around a median do not.
final class Svg {

    /// Where a text stands, seen from its position.
    enum Anchor { START, MIDDLE, END }

    private static final String STYLE = """
            <style>
            text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
                   font-size: 12px; fill: #1f2328 }
            .title { font-size: 17px; font-weight: 600 }
            .panel { font-weight: 600 }
            .quiet { fill: #59636e }
            .ours { font-weight: 700; fill: #b34700 }
            .page { fill: #ffffff }
            .stripe { fill: #fff1e5 }
            .grid { stroke: #e4e8ec; stroke-width: 1 }
            .axis { stroke: #59636e; stroke-width: 1; fill: none }
            .mark { fill: #4a7ab5; stroke: #4a7ab5 }
            .mark-control { fill: #59636e; stroke: #59636e }
            .mark-ours { fill: #e36209; stroke: #e36209 }
            .bar { stroke-width: 0 }
            .hollow { fill: #ffffff; stroke-width: 1.6 }
            .whisker { stroke-width: 1.4; fill: none }
            .over { stroke: #1f2328; stroke-opacity: 0.65 }
            .line { fill: none; stroke-width: 1.5 }
            .thick { stroke-width: 3 }
            .lead { stroke: #b6bec7; stroke-width: 0.8; fill: none }
            .so { stroke: #e36209 } .fo { fill: #e36209 }
            .s0 { stroke: #4a7ab5 } .s1 { stroke: #3f9142 } .s2 { stroke: #8a63b8 }
            .s3 { stroke: #118a8a } .s4 { stroke: #b0487a } .s5 { stroke: #8c7a1f }
            .f0 { fill: #4a7ab5 } .f1 { fill: #3f9142 } .f2 { fill: #8a63b8 }
            .f3 { fill: #118a8a } .f4 { fill: #b0487a } .f5 { fill: #8c7a1f }
            @media (prefers-color-scheme: dark) {
              text { fill: #e6edf3 }
              .quiet { fill: #9198a1 }
              .ours { fill: #ffa657 }
              .page { fill: #0d1117 }
              .stripe { fill: #2d1f12 }
              .grid { stroke: #262c34 }
              .axis { stroke: #9198a1 }
              .mark { fill: #6ea4e6; stroke: #6ea4e6 }
              .mark-control { fill: #9198a1; stroke: #9198a1 }
              .mark-ours { fill: #ff9640; stroke: #ff9640 }
              .hollow { fill: #0d1117 }
              .over { stroke: #e6edf3 }
              .lead { stroke: #4a525c }
              .so { stroke: #ff9640 } .fo { fill: #ff9640 }
              .s0 { stroke: #6ea4e6 } .s1 { stroke: #5fc265 } .s2 { stroke: #b692e6 }
              .s3 { stroke: #3fc0c0 } .s4 { stroke: #e67fb0 } .s5 { stroke: #c9b458 }
              .f0 { fill: #6ea4e6 } .f1 { fill: #5fc265 } .f2 { fill: #b692e6 }
              .f3 { fill: #3fc0c0 } .f4 { fill: #e67fb0 } .f5 { fill: #c9b458 }
            }
            </style>
            """;

    private final StringBuilder body = new StringBuilder();
    private final double width;
    private final double height;

    Svg(String title, double width, double height) {
        this.width = width;
        this.height = height;
        body.append("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"")
                .append(number("width", width)).append(number("height", height))
                .append(" viewBox=\"0 0 ").append(number(width)).append(' ')
                .append(number(height)).append("\">\n<title>").append(escaped(title))
                .append("</title>\n").append(STYLE);
        rect("page", 0, 0, width, height, "");
    }

    void rect(String look, double x, double y, double w, double h, String tip) {
        element("rect", look, tip, number("x", x) + number("y", y) + number("width", w)
                + number("height", h));
    }

    void line(String look, double x1, double y1, double x2, double y2) {
        element("line", look, "", number("x1", x1) + number("y1", y1) + number("x2", x2)
                + number("y2", y2));
    }

    void circle(String look, double x, double y, double radius, String tip) {
        element("circle", look, tip, number("cx", x) + number("cy", y) + number("r", radius));
    }

    /// Straight lines along `x, y, x, y, ...`.
    void polyline(String look, double... points) {
        element("polyline", look, "", " points=\"" + joined(points) + "\"");
    }

    void polygon(String look, String tip, double... points) {
        element("polygon", look, tip, " points=\"" + joined(points) + "\"");
    }

    void text(String look, Anchor anchor, double x, double y, String text) {
        var attributes = number("x", x) + number("y", y)
                + (anchor == Anchor.START ? "" : " text-anchor=\""
                        + anchor.name().toLowerCase(Locale.ROOT) + "\"");
        body.append("<text").append(look.isEmpty() ? "" : " class=\"" + look + "\"")
                .append(attributes).append('>').append(escaped(text)).append("</text>\n");
    }

    /// The whole picture.
    String picture() {
        return body + "</svg>\n";
    }

    double width() {
        return width;
    }

    double height() {
        return height;
    }

    private void element(String name, String look, String tip, String attributes) {
        body.append('<').append(name).append(" class=\"").append(look).append('"')
                .append(attributes);
        if (tip.isEmpty()) {
            body.append("/>\n");
        } else {
            body.append("><title>").append(escaped(tip)).append("</title></").append(name)
                    .append(">\n");
        }
    }

    private static String joined(double... points) {
        var text = new StringBuilder();
        for (int i = 0; i < points.length; i++) {
            text.append(i == 0 ? "" : i % 2 == 0 ? " " : ",").append(number(points[i]));
        }
        return text.toString();
    }

    private static String number(String name, double value) {
        return " " + name + "=\"" + number(value) + "\"";
    }

    private static String number(double value) {
        if (!Double.isFinite(value)) throw new IllegalArgumentException("no place for " + value);
        var text = String.format(Locale.ROOT, "%.1f", value);
        if (text.equals("-0.0")) return "0";
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }

    /// The text for element content and attributes. What XML cannot hold becomes a question
    /// mark.
    static String escaped(String text) {
        var safe = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                default -> safe.appendCodePoint(isXml(c) ? c : '?');
            }
        });
        return safe.toString();
    }

    private static boolean isXml(int c) {
        return c == '\t' || c == '\n' || c >= ' ' && c < 0xD800 || c > 0xDFFF && c < 0xFFFE
                || c > 0xFFFF;
    }

    /// About how wide a text is, on the wide side, for nobody knows the reader's font.
    static double widthOf(String text, double size) {
        double widths = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ("iljtfr.,:;|!'()[] -".indexOf(c) >= 0) {
                widths += 0.40;
            } else if (c > 0x2E80) {
                widths += 1.05;
            } else {
                widths += "mwMW%@".indexOf(c) >= 0 ? 0.98 : 0.64;
            }
        }
        return widths * size;
    }

    /// The text, or as much of its beginning as fits.
    static String fitted(String text, double size, double room) {
        if (widthOf(text, size) <= room) return text;
        int end = text.length();
        while (end > 0 && widthOf(text.substring(0, end) + "…", size) > room) end--;
        if (end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) end--;
        return text.substring(0, end) + "…";
    }
}
