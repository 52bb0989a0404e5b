package jloop.bench;

/// A contestant cannot take part; the message says why, and what to install.
final class NotRunnable extends Exception {

    private static final long serialVersionUID = 1;

    NotRunnable(String message) {
        super(message);
    }
}
