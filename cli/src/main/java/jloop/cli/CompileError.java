package jloop.cli;

/// A program that does not compile. The message is the compiler's, several lines, for the user.
final class CompileError extends Exception {

    private static final long serialVersionUID = 1;

    CompileError(String message) {
        super(message);
    }
}
