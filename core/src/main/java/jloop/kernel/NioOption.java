package jloop.kernel;

import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.NetworkChannel;
import jloop.poller.Descriptor.Option;

/// The socket options as java.nio has them: some are flags, some are numbers, one is missing.
final class NioOption {

    private NioOption() { }

    static void set(NetworkChannel channel, Option option, int value) throws IOException {
        switch (option) {
            case REUSE_ADDRESS, REUSE_PORT, KEEP_ALIVE, NO_DELAY, BROADCAST ->
                    channel.setOption(flag(option), value != 0);
            case SEND_BUFFER, RECEIVE_BUFFER, LINGER -> channel.setOption(number(option), value);
            // java.nio always switches it off, and cannot switch it on.
            case V6_ONLY -> {
                if (value != 0) throw new UnsupportedOperationException("IPV6_V6ONLY");
            }
        }
    }

    /// Flags are 0 or 1. LINGER that is off is -1.
    static int get(NetworkChannel channel, Option option) throws IOException {
        return switch (option) {
            case REUSE_ADDRESS, REUSE_PORT, KEEP_ALIVE, NO_DELAY, BROADCAST ->
                    channel.getOption(flag(option)) ? 1 : 0;
            case SEND_BUFFER, RECEIVE_BUFFER, LINGER -> channel.getOption(number(option));
            case V6_ONLY -> 0;
        };
    }

    static SocketOption<Boolean> flag(Option option) {
        return switch (option) {
            case REUSE_ADDRESS -> StandardSocketOptions.SO_REUSEADDR;
            case REUSE_PORT -> StandardSocketOptions.SO_REUSEPORT;
            case KEEP_ALIVE -> StandardSocketOptions.SO_KEEPALIVE;
            case NO_DELAY -> StandardSocketOptions.TCP_NODELAY;
            case BROADCAST -> StandardSocketOptions.SO_BROADCAST;
            case SEND_BUFFER, RECEIVE_BUFFER, LINGER, V6_ONLY ->
                    throw new AssertionError(option + " is no flag");
        };
    }

    private static SocketOption<Integer> number(Option option) {
        return switch (option) {
            case SEND_BUFFER -> StandardSocketOptions.SO_SNDBUF;
            case RECEIVE_BUFFER -> StandardSocketOptions.SO_RCVBUF;
            case LINGER -> StandardSocketOptions.SO_LINGER;
            case REUSE_ADDRESS, REUSE_PORT, KEEP_ALIVE, NO_DELAY, V6_ONLY, BROADCAST ->
                    throw new AssertionError(option + " is no number");
        };
    }
}
