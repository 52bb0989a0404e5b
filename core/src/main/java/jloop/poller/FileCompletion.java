package jloop.poller;

import java.io.IOException;

/// What is told of the end of a [FileOperation], by one of its methods, once.
public interface FileCompletion<T> {

    void completed(T result);

    void failed(IOException exception);

    /// It was not begun, or stopped before it had any effect: a thread is to carry it out.
    void refused();
}
