package jloop.io;

/// How a connection is opened. `limitBytes` bounds lines and the like, see [StreamReader].
public record ConnectOptions(int limitBytes) {

    public static final ConnectOptions DEFAULT = new ConnectOptions(StreamReader.DEFAULT_LIMIT);

    public ConnectOptions {
        StreamReader.checkLimit(limitBytes);
    }

    public ConnectOptions withLimit(int bytes) {
        return new ConnectOptions(bytes);
    }
}
