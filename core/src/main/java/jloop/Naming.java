package jloop;

/// How texts name what users hand to the loop: callbacks and coroutines.
final class Naming {

    private Naming() { }

    /// Its own text, if it has one; of a lambda or method reference, which has none that tells
    /// anything, the class that it stands in.
    static String of(Object callable) {
        Class<?> type = callable.getClass();
        if (!type.isHidden()) return callable.toString();
        String name = type.getName();
        int end = name.indexOf("$$Lambda");
        return end < 0 ? name : "lambda of " + name.substring(0, end);
    }
}
