package jloop.bench;

/// A window brought no figures; the message says why.
final class WindowFailure extends Exception {

    private static final long serialVersionUID = 1;

    WindowFailure(String message) {
        super(message);
    }
}
