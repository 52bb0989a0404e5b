package jloop;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The names of hosts, as a loop knows them.
final class Names {

    // In the order of getaddrinfo(3).
    private static final List<String> ALL_INTERFACES = List.of("0.0.0.0", "::");
    private static final List<String> LOOPBACK = List.of("::1", "127.0.0.1");

    Resolver resolver;

    private final SystemResolver system;
    private final Lookups<List<InetAddress>> addresses;
    private final Lookups<String> names;

    Names(EventLoop loop, WorkerPool workers) {
        this.system = new SystemResolver(workers);
        this.resolver = system;
        this.addresses = new Lookups<>(loop, host -> resolver.addressesOf(host));
        this.names = new Lookups<>(loop, text -> resolver.nameOf(InetAddress.ofLiteral(text)));
    }

    List<InetSocketAddress> addresses(@Nullable String host, int port, AddressOptions options)
            throws IOException {
        List<InetSocketAddress> found = new ArrayList<>();
        for (InetAddress address : addressesOf(host, options)) {
            if (options.family() == null || options.family() == family(address))
                found.add(new InetSocketAddress(address, port));
        }
        if (found.isEmpty())
            throw new UnknownHostException(host + " has no address"
                    + (options.family() == null ? "" : " of the family " + options.family()));
        return List.copyOf(found);
    }

    private List<InetAddress> addressesOf(@Nullable String host, AddressOptions options)
            throws IOException {
        if (host == null || host.isEmpty())
            return literals(options.passive() ? ALL_INTERFACES : LOOPBACK);
        try {
            return literals(List.of(host));
        } catch (IllegalArgumentException _) {          // a name, then
            if (options.numericHost())
                throw new UnknownHostException(host + " is not an address, as is required");
            return addresses.get(host);
        }
    }

    private static List<InetAddress> literals(List<String> texts) {
        List<InetAddress> all = new ArrayList<>(texts.size());
        for (String text : texts) all.add(InetAddress.ofLiteral(text));
        return all;
    }

    private static StandardProtocolFamily family(InetAddress address) {
        return address instanceof Inet4Address
                ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
    }

    String nameOf(InetSocketAddress address, NameOptions options) throws IOException {
        InetAddress host = address.getAddress();
        if (host == null)
            throw new IllegalArgumentException("the address must be resolved, not " + address);
        String text = host.getHostAddress();
        String name = options.numericHost() ? text : names.get(text);
        if (options.nameRequired() && name.equals(text))
            throw new UnknownHostException(text + " has no name");
        return name;
    }

    void close() {
        system.close();
    }
}
