package jloop;

import java.net.StandardProtocolFamily;
import org.jspecify.annotations.Nullable;

/// What [EventLoop#getaddrinfo] looks for. `family` null is for addresses of both families;
/// `passive`: whether no host at all means all interfaces, to listen on, and not this machine;
/// `numericHost`: whether the host must be an address already.
///
/// **As in asyncio**: `family`, and of the flags AI_PASSIVE and AI_NUMERICHOST. Type and
/// protocol are those of the socket that the address is used with.
public record AddressOptions(
        @Nullable StandardProtocolFamily family, boolean passive, boolean numericHost) {

    public static final AddressOptions DEFAULT = new AddressOptions(null, false, false);

    public AddressOptions {
        if (family == StandardProtocolFamily.UNIX)
            throw new IllegalArgumentException("the family must be INET or INET6, not UNIX");
    }

    /// Only addresses of `wanted`; null for both families.
    public AddressOptions withFamily(@Nullable StandardProtocolFamily wanted) {
        return new AddressOptions(wanted, passive, numericHost);
    }

    public AddressOptions withPassive(boolean enabled) {
        return new AddressOptions(family, enabled, numericHost);
    }

    public AddressOptions withNumericHost(boolean required) {
        return new AddressOptions(family, passive, required);
    }
}
